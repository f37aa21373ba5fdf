/** Messages that a client sends to do harm: counts, lengths, names and texts that no honest client has. */

import { serialize } from 'pg-protocol'
import type { Choices } from '../server/pgwire/random-messages.ts'
import { frame, startup } from '../support/wire-client.ts'

/** A header whose length is a lie, and some bytes of a body. */
function lyingLength(choices: Choices): Buffer {
  const header = Buffer.alloc(5)
  header.write(choices.of(['Q', 'P', 'B', 'D', 'E', 'C', 'd', 'S', 'H', 'X', 'F', 'p', 'z']), 0, 'latin1')
  header.writeInt32BE(choices.of([-1, 0, 3, -(2 ** 31), 2 ** 31 - 1, 0x3fffffff, 17, 70_000]), 1)
  return Buffer.concat([header, choices.bytes(choices.below(100))])
}

/** Bind with counts that its body does not have. */
function lyingBind(choices: Choices): Buffer {
  const counts = Buffer.alloc(2)
  counts.writeUInt16BE(choices.of([0xffff, 0x8000, 1, 500]))
  const lengths = Buffer.alloc(4)
  lengths.writeInt32BE(choices.of([-2, -1, 2 ** 31 - 1, 5]))
  return frame('B', Buffer.concat([Buffer.from('\0\0'), counts, counts, counts, lengths]))
}

function nested(open: string, inner: string, close: string, depth: number): string {
  return open.repeat(depth) + inner + close.repeat(depth)
}

function parts(count: number, part: (index: number) => string): string[] {
  return Array.from({ length: count }, (_, index) => part(index))
}

const giantTexts: readonly ((choices: Choices) => string)[] = [
  choices => `SELECT ${nested('(', '1', ')', 1 + choices.below(200_000))}`,
  choices => `SELECT ${'1+'.repeat(choices.below(100_000))}1`,
  choices => `SELECT ${'-'.repeat(1 + choices.below(3000))}\n1`,
  choices => `SELECT ${'+ '.repeat(choices.below(50_000))}1`,
  choices => `SELECT ${'+'.repeat(choices.below(1_000_000))}1`,
  choices => `SELECT 1 ${'/*'.repeat(choices.below(200_000))}`,
  choices => `SELECT 1 ${nested('/*', '', '*/', choices.below(200_000))}`,
  choices => `SELECT ${nested('(SELECT ', '1', ')', choices.below(2000))}`,
  choices => `SELECT ${nested('CASE WHEN true THEN ', '1', ' END', choices.below(3000))}`,
  choices => `SELECT ${nested('abs(', '1', ')', choices.below(3000))}`,
  choices => new Array(1 + choices.below(3000)).fill('SELECT 1').join(' UNION ALL '),
  choices => `SELECT 1 WHERE true${' AND true'.repeat(choices.below(10_000))}`,
  choices => `SELECT 1 IN (${'1,'.repeat(choices.below(20_000))}1)`,
  choices => `SELECT ${'1,'.repeat(choices.below(4000))}1`,
  choices => `VALUES (1)${',(1)'.repeat(choices.below(20_000))}`,
  choices => `SELECT '${'x'.repeat(choices.below(1_000_000))}'`,
  choices => `SELECT "${'x'.repeat(choices.below(100_000))}"`,
  choices => `SELECT $tag$${'$tag'.repeat(choices.below(10_000))}`,
  choices => 'SELECT 1;'.repeat(choices.below(2000)),
  choices => ';'.repeat(choices.below(100_000)),
  choices => `SELECT '${nested('[', '', ']', choices.below(50_000))}'::jsonb`,
  choices => `SELECT '${nested('{', '', '}', choices.below(5000))}'::int[]`,
  choices => `SELECT '${'9'.repeat(choices.below(100_000))}'::numeric`,
  choices =>
    `SELECT repeat('a', ${choices.below(10_000)}) ~ '${nested('(', 'a*', ')*', choices.below(200))}$'`,
  choices => `SELECT 'x' ~ '${'(a|b)*'.repeat(choices.below(500))}${'x{1,250}'.repeat(choices.below(5))}'`,
  choices => `SELECT repeat('x', ${choices.of([1_000_000, 2_000_000_000, -1])})`,
  choices => `SELECT 10::numeric ^ ${choices.of([1000, 100_000, 10_000_000])}`,
  choices => `SELECT count(*) FROM generate_series(1, ${choices.of([1000, 10_000_000_000])}, 1) g`,
  choices => `SELECT 1 WHERE ${parts(choices.below(8000), n => `1 = ${n}`).join(' OR ')} OR true`,
  choices => `VALUES ${parts(1 + choices.below(8000), n => `(${n}, 'name ${n}', ${n}.5)`)}`,
  choices =>
    `SELECT CASE 7 ${parts(choices.below(4000), n => `WHEN ${n} THEN '${n}'`).join(' ')} ELSE '' END`,
  choices =>
    `SELECT ${parts(1 + choices.below(1600), n => `g + ${n}`)} FROM generate_series(1, 10000) g LIMIT 1`,
  choices => `SELECT g FROM generate_series(1, ${choices.below(500_000)}) g GROUP BY g HAVING count(*) > 1`,
  choices => `SELECT g FROM generate_series(1, ${choices.below(500_000)}) g ORDER BY -g LIMIT 10 OFFSET 9999`,
  choices => `SELECT length(string_agg('x', ',')) FROM generate_series(1, ${choices.below(100_000)}) g`,
  choices => `BEGIN; INSERT INTO f SELECT g FROM generate_series(1, ${choices.below(200_000)}) g; ROLLBACK`,
  choices =>
    `WITH ${Array.from({ length: 1 + choices.below(200) }, (_, n) => `w${n} AS (SELECT ${n})`)} SELECT 1`,
]

/** A statement that costs much to read, to plan or to run. */
export function giantText(choices: Choices): string {
  return choices.of(giantTexts)(choices)
}

const invalidUtf8 = Buffer.from('53454c45435420 27 c3 28 ff fe 80 ed a0 80 27 00'.replaceAll(' ', ''), 'hex')

function copyGarbage(choices: Choices): Buffer {
  const format = choices.of(['text', 'csv', 'binary'])
  const rows = Array.from({ length: choices.below(30) }, () => serialize.copyData(copyPiece(choices)))
  const end = choices.of([serialize.copyDone(), serialize.copyFail('no'), serialize.sync(), frame('d', '')])
  return Buffer.concat([serialize.query(`COPY f FROM STDIN (FORMAT ${format})`), ...rows, end])
}

const binaryHead = Buffer.from('5047434f50590aff0d0a000000000000000000', 'hex')

function copyPiece(choices: Choices): Buffer {
  return choices.of([
    Buffer.from('1\ta\n'),
    Buffer.from('1\t\\'),
    Buffer.from('"'),
    Buffer.from('"a""\n'),
    Buffer.from('\\.\n'),
    Buffer.from('1\ta\tb\n'),
    Buffer.from([0xff, 0xfe, 0x0a]),
    Buffer.alloc(choices.below(100_000), 'x'),
    binaryHead,
    Buffer.concat([binaryHead, Buffer.from('7fff7fffffff', 'hex')]),
    Buffer.from('0002000000040000000100000001', 'hex'),
    choices.bytes(choices.below(200)),
  ])
}

/** Many objects of a session at once. */
function hoard(choices: Choices): Buffer {
  const count = choices.below(1200)
  const numbers = Array.from({ length: count }, (_, index) => index)
  switch (choices.below(4)) {
    case 0:
      return Buffer.concat(
        numbers.map(n => serialize.parse({ name: `h${n}`, text: `SELECT ${n}::int, $1::text` })),
      )
    case 1:
      return Buffer.concat([
        serialize.parse({ name: 'h', text: 'SELECT * FROM generate_series(1, 100000)' }),
        ...numbers.flatMap(n => [
          serialize.bind({ portal: `h${n}`, statement: 'h' }),
          serialize.execute({ portal: `h${n}`, rows: 1 }),
        ]),
      ])
    case 2:
      return Buffer.concat([
        serialize.query('BEGIN'),
        ...numbers
          .slice(0, 300)
          .map(n =>
            serialize.query(`DECLARE h${n} SCROLL CURSOR FOR SELECT * FROM generate_series(1, 50000)`),
          ),
        serialize.query('FETCH ALL FROM h0; MOVE LAST FROM h1'),
      ])
    default:
      return Buffer.concat([
        serialize.query('BEGIN'),
        ...numbers.map(n => serialize.query(`SAVEPOINT s${n}; LISTEN c${n}; NOTIFY c${n}, 'x'`)),
        serialize.query('ROLLBACK TO s0'),
      ])
  }
}

function manyParameters(choices: Choices): Buffer {
  const count = choices.of([65_535, 65_536, 5000])
  const types = new Array<number>(Math.min(count, 65_535)).fill(choices.of([23, 25, 1700, 0, 16]))
  return Buffer.concat([
    serialize.parse({ text: `SELECT $1, $${count}`, types }),
    serialize.bind({ values: types.map(() => choices.of(['1', 'x'])) }),
    serialize.describe({ type: 'P' }),
    serialize.execute({}),
  ])
}

const makers: readonly ((choices: Choices) => Buffer)[] = [
  lyingLength,
  lyingBind,
  copyGarbage,
  hoard,
  manyParameters,
  choices => serialize.query(giantText(choices)),
  choices => serialize.parse({ text: giantText(choices) }),
  choices => frame(choices.of(['Q', 'P']), invalidUtf8),
  choices => frame('Q', Buffer.alloc(choices.below(17 * 1024 * 1024), 0x20)),
  choices => serialize.query(`SELECT 1${'\0'.repeat(choices.below(5))}`),
  choices => frame(choices.of(['D', 'C']), Buffer.from(choices.of(['', 'S', 'P\0\0', 'Q\0', 'Sx']))),
]

/** Some hostile messages, then a Sync. */
export function hostileBytes(choices: Choices): Buffer {
  const messages = Array.from({ length: 1 + choices.below(3) }, () => choices.of(makers)(choices))
  return Buffer.concat([...messages, serialize.sync()])
}

/** What is no start-up packet, or a strange one. */
export function hostileGreeting(choices: Choices): Buffer {
  const long = Object.fromEntries(Array.from({ length: choices.below(400) }, (_, n) => [`p${n}`, 'v']))
  const clientHello = Buffer.from('16030100750100007103', 'hex')
  const code = Buffer.alloc(8)
  code.writeInt32BE(8)
  code.writeInt32BE(choices.of([80877103, 80877104, 80877102, 0, -1, 196608]), 4)
  return choices.of([
    choices.bytes(choices.below(300)),
    Buffer.concat([clientHello, choices.bytes(200)]),
    Buffer.concat([code, choices.bytes(choices.below(60))]),
    startup({ user: 'x', database: 'dev', ...long }),
    startup({ user: 'x'.repeat(choices.below(9900)), database: 'dev' }),
    startup({ user: 'x', database: 'dev', replication: 'true' }),
    startup({ user: 'x', database: 'dev' }, choices.of([2 << 16, 4 << 16, (3 << 16) + 9, 3])),
    Buffer.from('7fffffff00030000', 'hex'),
    Buffer.from('8000000000030000', 'hex'),
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
  ])
}
