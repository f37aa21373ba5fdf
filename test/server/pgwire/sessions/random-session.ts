/** Sessions of messages at random: most make sense where they stand, many do not. */

import type { Choices } from '../random-messages.ts'
import {
  bind,
  closePortal,
  closeStatement,
  copyData,
  copyDone,
  copyFail,
  describePortal,
  describeStatement,
  execute,
  flush,
  parse,
  query,
  sync,
} from './messages.ts'
import { type Script, table } from './script.ts'

const queries = [
  'SELECT 1 AS one',
  'SELECT g FROM generate_series(1, 4) g',
  'SELECT count(*) FROM t',
  'SELECT k, v FROM t ORDER BY k',
  "UPDATE t SET v = 'changed' WHERE k = 2",
  'DELETE FROM t WHERE k = 1 RETURNING v',
  "INSERT INTO t VALUES (5, 'five')",
  '',
  'SHOW application_name',
  "SET application_name = 'mine'",
  "SET LOCAL application_name = 'local'",
  'SELECT nope',
  'SELEC',
  'COPY (SELECT 1) TO STDOUT',
  "NOTIFY channel, 'x'",
  'LISTEN channel',
  'UNLISTEN channel',
] as const

const transactions = [
  ...['BEGIN', 'BEGIN', 'BEGIN READ ONLY', 'COMMIT', 'ROLLBACK'],
  ...['SAVEPOINT a', 'SAVEPOINT b', 'ROLLBACK TO a', 'ROLLBACK TO b', 'RELEASE a'],
]

const named = [
  ...[
    'DECLARE c CURSOR FOR SELECT g FROM generate_series(1, 5) g',
    'FETCH 2 FROM c',
    'MOVE 1 IN c',
    'CLOSE c',
  ],
  ...['FETCH 1 FROM p', 'CLOSE p', 'CLOSE ALL', 'DECLARE h CURSOR WITH HOLD FOR SELECT k FROM t', 'FETCH h'],
  ...['PREPARE s AS SELECT 7 AS seven', 'DEALLOCATE s', 'DEALLOCATE ALL', 'DISCARD ALL'],
]

const withParameters = [
  'SELECT $1::int + 1 AS next',
  'SELECT v FROM t WHERE k = $1',
  "INSERT INTO t VALUES ($1, 'new') RETURNING k",
  'SELECT $1 AS text, $2::int AS number',
]

const statementNames = ['', '', 's', 'q']
/** Not the unnamed one: PostgreSQL runs a Query's statements in it, and leaves it there when one fails. */
const portalNames = ['p', 'c']

export function randomSession(name: string, choices: Choices): Script {
  const count = 5 + choices.below(25)
  const steps = Array.from({ length: count }, () => randomMessages(choices))
  return { name, setup: table, steps: [Buffer.concat([...steps, sync])] }
}

function randomMessages(choices: Choices): Buffer {
  const statement = choices.of(statementNames)
  const portal = choices.of(portalNames)
  const values = Array.from({ length: choices.below(3) }, () => choices.of(['2', '3', 'x', null]))
  switch (choices.below(14)) {
    case 0:
      return query(texts(choices).join('; '))
    case 1:
      return query(choices.of([...transactions, 'EXECUTE s']))
    case 2:
      return copyIn(choices)
    case 3:
      return parse(text(choices), statement)
    case 4:
      return parse(choices.of(withParameters), statement)
    case 5:
      return bind({ portal, statement, values, resultFormats: choices.chance(20) ? [1] : [] })
    case 6:
      return describeStatement(statement)
    case 7:
      return describePortal(portal)
    case 8:
      return choices.chance(50) ? closeStatement(statement) : closePortal(portal)
    case 9:
      return flush
    case 10:
      return execute(choices.below(3), portal)
    case 11:
      return Buffer.concat([parse(text(choices), statement), bind({ statement, portal }), execute(0, portal)])
    default:
      return sync
  }
}

function text(choices: Choices): string {
  return choices.of(choices.chance(50) ? queries : choices.chance(60) ? transactions : named)
}

function texts(choices: Choices): string[] {
  return Array.from({ length: 1 + choices.below(3) }, () => text(choices))
}

function copyIn(choices: Choices): Buffer {
  const data = copyData(choices.chance(70) ? '7\tseven\n8\teight\n' : 'x\n')
  const end = choices.chance(70) ? copyDone : copyFail('no more')
  return Buffer.concat([query('COPY t FROM STDIN'), data, end])
}
