/** COPY in both directions and both protocols, and what may go wrong in the middle of it. */

import { frame } from '../../../support/wire-client.ts'
import { error, failsByTheBatch, fatal } from './differences.ts'
import {
  bind,
  closePortal,
  copyData,
  copyDone,
  copyFail,
  describePortal,
  describeStatement,
  execute,
  flush,
  int16,
  int32,
  parse,
  query,
  run,
  sync,
} from './messages.ts'
import { type Script, table, waitFor } from './script.ts'

const count = query('SELECT count(*) FROM t')
const copyIn = 'COPY t FROM STDIN'

const signature = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), int32(0), int32(0)])
const tuple = (k: number, v: string) =>
  Buffer.concat([int16(2), int32(4), int32(k), int32(v.length), Buffer.from(v)])
const trailer = int16(-1)

const out: readonly Script[] = [
  { name: 'copy out', setup: table, steps: [query('COPY t TO STDOUT'), query('COPY t (v) TO STDOUT')] },
  {
    name: 'copy out of a query',
    steps: [query("COPY (SELECT 1, NULL, 'a\tb' UNION ALL SELECT 2, 'x', '\\') TO STDOUT")],
  },
  { name: 'copy out of nothing', steps: [query('COPY (SELECT 1 WHERE false) TO STDOUT')] },
  {
    name: 'copy out as csv',
    setup: table,
    steps: [
      query('COPY t TO STDOUT (FORMAT csv, HEADER)'),
      query("COPY (SELECT 'a\"b', 'c,d', NULL, '') TO STDOUT CSV"),
    ],
  },
  {
    name: 'copy out in binary',
    setup: table,
    steps: [query('COPY t TO STDOUT (FORMAT binary)'), query('COPY (SELECT 1 WHERE false) TO STDOUT BINARY')],
  },
  {
    name: 'copy out between other statements',
    steps: [query('SELECT 1; COPY (SELECT 2) TO STDOUT; SELECT 3')],
  },
  {
    name: 'copy out that fails',
    steps: [query('COPY (SELECT 1 / (3 - g) FROM generate_series(1, 5) g) TO STDOUT'), query('SELECT 1')],
    differs: failsByTheBatch('CopyData "0\\n"\nCopyData "1\\n"\n'),
  },
  {
    name: 'copy out over the extended protocol',
    setup: table,
    steps: [parse('COPY t TO STDOUT'), describeStatement(), bind(), describePortal(), execute(), sync],
  },
  {
    name: 'copy out in a pipeline',
    steps: [run('SELECT 1'), run('COPY (SELECT 2) TO STDOUT'), run('SELECT 3'), sync],
  },
  {
    name: 'copy of what is not there',
    steps: [query('COPY nope TO STDOUT'), query('COPY nope FROM STDIN'), copyData('1\n'), copyDone],
  },
  {
    name: 'copy of a column that is not there',
    setup: table,
    steps: [query('COPY t (w) TO STDOUT'), query('COPY t (k, k) TO STDOUT')],
  },
  {
    name: 'copy with options that there are not',
    setup: table,
    steps: [
      query('COPY t TO STDOUT (FORMAT nope)'),
      query('COPY t TO STDOUT (nope)'),
      query("COPY t TO STDOUT (DELIMITER 'ab')"),
      query("COPY t TO STDOUT (QUOTE 'x')"),
    ],
  },
]

const into: readonly Script[] = [
  {
    name: 'copy in',
    setup: table,
    steps: [query(copyIn), copyData('4\tfour\n'), copyData('5\tfive\n6\tsix\n'), copyDone, count],
  },
  {
    name: 'copy in waits for its data',
    setup: table,
    steps: [query(copyIn), waitFor('G'), copyData('4\tfour\n'), copyDone, waitFor('Z'), count],
  },
  {
    name: 'copy in of rows cut anywhere',
    setup: table,
    steps: [
      query(copyIn),
      copyData('4\tf'),
      copyData(''),
      copyData('our\n5'),
      copyData('\tfive'),
      copyDone,
      count,
    ],
  },
  {
    name: 'copy in with the old end mark',
    setup: table,
    steps: [query(copyIn), copyData('4\tfour\n\\.\n'), copyDone, count],
  },
  { name: 'copy in of nothing', setup: table, steps: [query(copyIn), copyDone, count] },
  {
    name: 'copy in of csv',
    setup: table,
    steps: [query('COPY t FROM STDIN (FORMAT csv, HEADER)'), copyData('k,v\n4,"fo""ur"\n'), copyDone, count],
  },
  {
    name: 'copy in of some columns',
    setup: table,
    steps: [
      query('COPY t (v, k) FROM STDIN'),
      copyData('four\t4\n'),
      copyDone,
      query('SELECT k, v FROM t WHERE k = 4'),
    ],
  },
  {
    name: 'copy in of binary',
    setup: table,
    steps: [
      query('COPY t FROM STDIN (FORMAT binary)'),
      copyData(signature),
      copyData(tuple(4, 'four')),
      copyData(trailer),
      copyDone,
      count,
    ],
  },
  {
    name: 'copy in of binary that is no binary',
    setup: table,
    steps: [
      query('COPY t FROM STDIN (FORMAT binary)'),
      copyData('4\tfour and more than that\n'),
      copyDone,
      count,
    ],
  },
  {
    name: 'copy in of binary without an end',
    setup: table,
    steps: [
      query('COPY t FROM STDIN (FORMAT binary)'),
      copyData(signature),
      copyData(tuple(4, 'four')),
      copyDone,
      count,
    ],
  },
  {
    name: 'copy in of binary with a wrong number of columns',
    setup: table,
    steps: [
      query('COPY t FROM STDIN (FORMAT binary)'),
      copyData(signature),
      copyData(int16(3)),
      copyDone,
      count,
    ],
  },
  {
    name: 'CopyFail',
    setup: table,
    steps: [query(copyIn), copyData('4\tfour\n'), copyFail('no more'), count],
  },
  { name: 'CopyFail at once', setup: table, steps: [query(copyIn), copyFail(''), count] },
  {
    name: 'a value that copy cannot read',
    setup: table,
    steps: [query(copyIn), copyData('4\tfour\nx\tfive\n'), copyData('6\tsix\n'), copyDone, count],
  },
  {
    name: 'a row of copy with too many columns',
    setup: table,
    steps: [query(copyIn), copyData('4\tfour\tmore\n'), copyDone, count],
  },
  {
    name: 'a row of copy with too few columns',
    setup: table,
    steps: [query(copyIn), copyData('4\n'), copyDone, count],
  },
  {
    name: 'NULL in copy where it must not be',
    setup: table,
    steps: [query(copyIn), copyData('4\t\\N\n'), copyDone, count],
  },
  {
    name: 'a key that is there, in copy',
    setup: table,
    steps: [query(copyIn), copyData('4\tfour\n1\tagain\n'), copyDone, count],
  },
  {
    name: 'bytes in copy that are not UTF-8',
    setup: table,
    steps: [query(copyIn), copyData(Buffer.from('4\t\xff\n', 'latin1')), copyDone, count],
  },
  {
    name: 'an error in copy ends it before the data does',
    setup: table,
    steps: [query(copyIn), copyData('x\tfour\n'), waitFor('Z'), copyData('5\tfive\n'), copyDone, count],
  },
  {
    name: 'copy in between other statements',
    setup: table,
    steps: [query(`SELECT 1; ${copyIn}; SELECT count(*) FROM t`), copyData('4\tfour\n'), copyDone, count],
  },
  {
    name: 'copy in that fails between other statements',
    setup: table,
    steps: [query(`INSERT INTO t VALUES (9, 'nine'); ${copyIn}; SELECT 1`), copyData('x\n'), copyDone, count],
  },
  {
    name: 'two copies in one query',
    setup: table,
    steps: [
      query(`${copyIn}; ${copyIn}`),
      copyData('4\tfour\n'),
      copyDone,
      copyData('5\tfive\n'),
      copyDone,
      count,
    ],
  },
  {
    name: 'copy in within a transaction',
    setup: table,
    steps: [
      query('BEGIN'),
      query(copyIn),
      copyData('4\tfour\n'),
      copyDone,
      count,
      query(copyIn),
      copyData('x\n'),
      copyDone,
      count,
      query('COMMIT'),
      count,
    ],
  },
]

const intoExtended: readonly Script[] = [
  {
    name: 'copy in over the extended protocol',
    setup: table,
    steps: [
      parse(copyIn),
      describeStatement(),
      bind(),
      describePortal(),
      execute(),
      flush,
      waitFor('G'),
      copyData('4\tfour\n'),
      copyDone,
      sync,
      count,
    ],
  },
  {
    name: 'copy in with the Sync that libpq sends before the data',
    setup: table,
    steps: [run(copyIn), sync, copyData('4\tfour\n'), copyDone, sync, count],
  },
  {
    name: 'copy in that fails over the extended protocol',
    setup: table,
    steps: [run(copyIn), sync, waitFor('G'), copyData('x\n'), copyData('5\tfive\n'), copyDone, sync, count],
  },
  {
    name: 'an error in copy skips to Sync',
    setup: table,
    steps: [run(copyIn), copyData('x\n'), copyDone, run('SELECT 1'), sync, count],
  },
  {
    name: 'CopyFail over the extended protocol',
    setup: table,
    steps: [run(copyIn), copyData('4\tfour\n'), copyFail('no more'), run('SELECT 1'), sync, count],
  },
  {
    name: 'copy in within a pipeline',
    setup: table,
    steps: [
      run('SELECT 1'),
      run(copyIn),
      copyData('4\tfour\n'),
      copyDone,
      run('SELECT count(*) FROM t'),
      sync,
      count,
    ],
  },
  {
    name: 'a pipeline that fails after copy in',
    setup: table,
    steps: [run(copyIn), copyData('4\tfour\n'), copyDone, run('SELECT nope'), sync, count],
  },
  {
    name: 'Flush and Sync during copy',
    setup: table,
    steps: [query(copyIn), copyData('4\tfour\n'), flush, sync, copyData('5\tfive\n'), copyDone, count],
  },
  {
    name: 'a portal of copy in executed twice',
    setup: table,
    steps: [
      query('BEGIN'),
      parse(copyIn),
      bind({ portal: 'p' }),
      execute(0, 'p'),
      copyData('4\tfour\n'),
      copyDone,
      execute(0, 'p'),
      sync,
      query('ROLLBACK'),
    ],
  },
]

const synchronizationLost = fatal('08P01', 'terminating connection because protocol synchronization was lost')

const connectionLost = error('08006', 'unexpected EOF on client connection with an open transaction')

function outOfPlaceError(type: string, line: number): string {
  const unexpected = error('08P01', `unexpected message type 0x${type} during COPY from stdin`)
  return `${unexpected}\n  W COPY t, line ${line}`
}

const outOfPlace: readonly Script[] = [
  {
    name: 'a Query during copy',
    setup: table,
    steps: [query(copyIn), copyData('4\tfour\n'), query('SELECT 1')],
  },
  {
    name: 'a Parse during copy',
    setup: table,
    steps: [run(copyIn), copyData('4\tfour\n'), parse('SELECT 1'), sync],
  },
  { name: 'a Close during copy', setup: table, steps: [query(copyIn), closePortal('x')] },
  {
    name: 'an unknown message during copy',
    setup: table,
    steps: [query(copyIn), frame('!', 'x')],
    differs: {
      why: 'what is no message ends the connection at once',
      changes: [
        [
          `${outOfPlaceError('21', 1)}\n${synchronizationLost}`,
          fatal('08P01', 'invalid frontend message type 33'),
        ],
      ],
    },
  },
  { name: 'Terminate during copy', setup: table, steps: [query(copyIn), copyData('4\tfour\n')] },
  {
    name: 'CopyData of an absurd length',
    setup: table,
    steps: [query(copyIn), Buffer.from([0x64, 0x7f, 0xff, 0xff, 0xff])],
    differs: {
      why: 'the client is told why the connection ends',
      changes: [
        [
          `${connectionLost}\n  W COPY t, line 1\n${synchronizationLost}`,
          fatal('08P01', 'invalid message length'),
        ],
      ],
    },
  },
  { name: 'CopyDone with a body', setup: table, steps: [query(copyIn), frame('c', 'x'), count] },
]

export const copyScripts = [...out, ...into, ...intoExtended, ...outOfPlace]
