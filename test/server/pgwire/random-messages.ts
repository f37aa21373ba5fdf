/** Random clients of the wire protocol: messages that are right, wrong, cut, changed, in any order. */

import { serialize } from 'pg-protocol'
import { frame, startup } from '../../support/wire-client.ts'

/** Deterministic random choices. */
export class Choices {
  #state: number

  constructor(seed: number) {
    this.#state = (Math.imul(seed, 2654435761) ^ 0x5bd1e995) | 1
  }

  /** 0 ≤ n < bound. */
  below(bound: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % bound
  }

  chance(percent: number): boolean {
    return this.below(100) < percent
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)))
  }
}

const statements = [
  'SELECT 1',
  '',
  ';',
  '-- ping',
  'SELECT 1; SELECT 2; SELECT 3',
  'SELECT 1; SELECT 1/0; SELECT 3',
  'SELECT $1::int + 1',
  'SELECT $1, $2::text, $3::jsonb',
  'SELECT g FROM generate_series(1, 300) g',
  "SELECT repeat('x', 50000) FROM generate_series(1, 20)",
  'SELECT count(*) FROM generate_series(1, 100000000)',
  'SELECT nope',
  'SELEC 1',
  'BEGIN',
  'COMMIT',
  'ROLLBACK',
  'BEGIN; INSERT INTO f VALUES (1, $$a$$); COMMIT',
  'INSERT INTO f VALUES ($1, $2) RETURNING *',
  'UPDATE f SET v = v || $1 WHERE id = 1',
  'DELETE FROM f',
  'SELECT * FROM f',
  'DECLARE c CURSOR FOR SELECT * FROM generate_series(1, 10)',
  'FETCH 3 FROM c',
  'CLOSE ALL',
  'PREPARE p AS SELECT $1::int',
  'EXECUTE p (1)',
  'DEALLOCATE ALL',
  'DISCARD ALL',
  "SET application_name = 'fuzz'",
  "SET TimeZone = 'Europe/Berlin'",
  'SHOW ALL',
  'EXPLAIN SELECT * FROM f',
  'COPY f TO STDOUT',
  'COPY (SELECT 1, NULL) TO STDOUT (FORMAT csv, HEADER)',
  'COPY (SUBSCRIBE f) TO STDOUT',
  'COPY f FROM STDIN',
  'COPY f FROM STDIN (FORMAT csv)',
  'COPY f FROM STDIN (FORMAT binary)',
  'SUBSCRIBE f',
  'DECLARE s CURSOR FOR SUBSCRIBE f',
  'FETCH 1 FROM s',
]

const names = ['', '', '', 'a', 'b', 'p', 'c']
const typeOids = [0, 16, 20, 21, 23, 25, 700, 701, 1700, 1082, 1114, 1184, 1186, 2950, 3802, 1007, 705, 99, 1]

export const fuzzTable = 'CREATE TABLE f (id int, v text)'

function text(choices: Choices): string {
  const sql = choices.of(statements)
  if (!choices.chance(10) || sql === '') return sql
  const at = choices.below(sql.length)
  const inserted = choices.of(['', '(', "'", '"', '$1', ')', ';', '🚀', ' '])
  return sql.slice(0, at) + inserted + sql.slice(at + choices.below(3))
}

function bind(choices: Choices): Buffer {
  const count = choices.below(4)
  const values = Array.from({ length: count }, () => {
    if (choices.chance(15)) return null
    if (choices.chance(50)) return choices.of(['1', 'x', '{"a":1}', '-5', '', 'NaN'])
    return choices.bytes(choices.below(20))
  })
  return serialize.bind({
    portal: choices.of(names),
    statement: choices.of(names),
    values,
    binary: choices.chance(40),
  })
}

/** A message as a client might send it. */
function message(choices: Choices): Buffer {
  switch (choices.below(14)) {
    case 0:
    case 1:
      return serialize.query(text(choices))
    case 2:
    case 3: {
      const types = Array.from({ length: choices.below(4) }, () => choices.of(typeOids))
      return serialize.parse({ name: choices.of(names), text: text(choices), types })
    }
    case 4:
    case 5:
      return bind(choices)
    case 6:
      return serialize.describe({ type: choices.of(['S', 'P'] as const), name: choices.of(names) })
    case 7:
    case 8:
      return serialize.execute({
        portal: choices.of(names),
        rows: choices.of([0, 0, 1, 7, 1000, 0xffffffff]),
      })
    case 9:
      return serialize.close({ type: choices.of(['S', 'P'] as const), name: choices.of(names) })
    case 10:
      return serialize.flush()
    case 11:
    case 12:
      return serialize.sync()
    default:
      return choices.of([
        serialize.copyData(Buffer.from('1\ta\n')),
        serialize.copyData(choices.bytes(30)),
        serialize.copyDone(),
        serialize.copyFail('no'),
        frame('F', choices.bytes(12)),
      ])
  }
}

/** The frame with its body shortened, lengthened or changed, and a length that fits again. */
function withOtherBody(bytes: Buffer, choices: Choices): Buffer {
  const type = bytes.toString('latin1', 0, 1)
  const body = Buffer.from(bytes.subarray(5))
  switch (choices.below(3)) {
    case 0:
      return frame(type, body.subarray(0, choices.below(body.length + 1)))
    case 1:
      return frame(type, Buffer.concat([body, choices.bytes(choices.below(8))]))
    default:
      for (let times = choices.below(4); times >= 0 && body.length > 0; times--) {
        body[choices.below(body.length)] = choices.below(256)
      }
      return frame(type, body)
  }
}

export interface Conversation {
  readonly bytes: Buffer
  /** Every frame is whole and of a known type: a Sync at the end must be answered. */
  readonly isFramed: boolean
  /** Messages after which ReadyForQuery may, and must, come at most so often. */
  readonly syncs: number
  readonly mayBeReady: number
}

/** What a client sends after start-up. */
export function conversation(choices: Choices): Conversation {
  const frames = Array.from({ length: 1 + choices.below(25) }, () => {
    const made = message(choices)
    return choices.chance(12) ? withOtherBody(made, choices) : made
  })
  frames.push(serialize.sync())
  const types = frames.map(bytes => String.fromCharCode(bytes[0]!))
  const framed = Buffer.concat(frames)
  const counts = {
    syncs: types.filter(type => type === 'S').length,
    mayBeReady: types.filter(type => 'SQF'.includes(type)).length,
  }
  if (choices.chance(70)) return { bytes: framed, isFramed: true, ...counts }
  return { bytes: broken(framed, choices), isFramed: false, ...counts }
}

function broken(framed: Buffer, choices: Choices): Buffer {
  const at = choices.below(framed.length)
  switch (choices.below(4)) {
    case 0:
      return framed.subarray(0, at)
    case 1:
      return Buffer.concat([framed.subarray(0, at), choices.bytes(choices.below(50)), framed.subarray(at)])
    case 2: {
      const changed = Buffer.from(framed)
      changed[at] = choices.below(256)
      return changed
    }
    default:
      return choices.bytes(choices.below(200))
  }
}

/** What a client sends first; mostly right. */
export function greeting(choices: Choices): { readonly bytes: Buffer; readonly isRight: boolean } {
  const right = startup({ user: 'fuzz', database: 'dev', statement_timeout: '100ms' })
  if (choices.chance(85)) return { bytes: right, isRight: true }
  const changed = Buffer.from(right)
  changed[choices.below(changed.length)] = choices.below(256)
  const bytes = choices.of([
    changed,
    right.subarray(0, choices.below(right.length)),
    choices.bytes(choices.below(40)),
    startup({ user: 'fuzz', database: 'nope' }),
    startup({ user: 'fuzz', database: 'dev', options: '-c nothing=1' }),
    Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    Buffer.from('0000000804d2162f', 'hex'),
  ])
  return { bytes, isRight: false }
}
