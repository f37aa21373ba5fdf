/**
 * SELECT pg_sleep(seconds): a wait of the statement, which ends when it is cancelled, and not of the server.
 * Expressions are evaluated synchronously, so pg_sleep works where it is the only thing that is asked for.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { readValue } from '../../executor/batch/column-reader.ts'
import type { DeltaBatch } from '../../executor/batch/delta-batch.ts'
import type { SqlValue } from '../../executor/expression/evaluation-context.ts'
import { throwIfAborted } from '../../executor/runtime/cancellation.ts'
import { field } from '../../planner/schema.ts'
import type { Expression, SelectStatement, TypeName } from '../../planner/sql/ast.ts'
import type { Steps } from '../../planner/steps.ts'
import { voidType } from '../../planner/types.ts'
import type { Execution, PlannedStatement, Planning } from '../planned-statement.ts'
import { computedFields } from '../planned-statement.ts'
import type { ResultRows } from '../session-contract.ts'
import { batchFromRows } from '../value-rows.ts'
import { selectRow } from './select-all.ts'

/** setTimeout's own limit, about 24 days; longer sleeps are several. */
const TIMER_MS_MAX = 2_147_483_647

interface SleepCall {
  readonly seconds: Expression
  readonly columnName: string
}

/** The call of a query that is nothing but pg_sleep(…); undefined for others. */
export function sleepCall({ ctes, body, limit, offset }: SelectStatement): SleepCall | undefined {
  if (body.kind !== 'select' || ctes.length > 0 || limit !== undefined || offset !== undefined)
    return undefined
  if (body.from.length > 0 || body.where !== undefined || body.having !== undefined) return undefined
  const [target, ...others] = body.targets
  if (target === undefined || others.length > 0 || body.groupBy.length > 0) return undefined
  const { expression } = target
  if (expression.kind !== 'function' || expression.args.length !== 1) return undefined
  const name = expression.name.join('.')
  if (name !== 'pg_sleep' && name !== 'pg_catalog.pg_sleep') return undefined
  return { seconds: expression.args[0]!.value, columnName: target.alias ?? 'pg_sleep' }
}

/** `planQuery` plans the argument, which may have parameters. */
export function* planSleep(
  { seconds, columnName }: SleepCall,
  planning: Planning,
  planQuery: (statement: SelectStatement, planning: Planning) => Steps<PlannedStatement>,
): Steps<PlannedStatement> {
  const { position } = seconds
  const type: TypeName = {
    names: ['pg_catalog', 'float8'],
    modifiers: [],
    arrayDimensions: 0,
    setof: false,
    position,
  }
  const argument = yield* planQuery(
    selectRow([{ kind: 'cast', input: seconds, type, position }], position),
    planning,
  )
  const schema = [field(columnName, voidType)]
  const fields = computedFields(schema)
  return {
    parameterTypes: argument.parameterTypes,
    fields,
    isShared: true,
    async run(execution) {
      const seconds = await onlyValue(argument, execution)
      const batch = batchFromRows(schema, [[seconds === null ? null : '']])
      const rows = sleepingRows(Number(seconds) * 1000, batch, execution)
      return { kind: 'rows', fields, rows, commandTag: rowCount => `SELECT ${rowCount}` }
    },
  }
}

/** One row, after the time has passed. */
function sleepingRows(waitMs: number, batch: DeltaBatch, { signal }: Execution): ResultRows {
  let isDone = false
  return {
    async next() {
      if (isDone) return undefined
      await wait(waitMs, signal)
      isDone = true
      return batch
    },
    close() {
      isDone = true
    },
  }
}

async function wait(waitMs: number, signal: AbortSignal): Promise<void> {
  const until = performance.now() + waitMs
  try {
    for (let left = waitMs; left > 0; left = until - performance.now()) {
      await sleep(Math.min(left, TIMER_MS_MAX), undefined, { signal })
    }
  } catch (error) {
    throwIfAborted(signal)
    throw error
  }
}

async function onlyValue(query: PlannedStatement, execution: Execution): Promise<SqlValue> {
  const result = await query.run(execution)
  if (result.kind !== 'rows') throw new TypeError('a query returns rows')
  try {
    const batch = await result.rows.next()
    return batch === undefined ? null : readValue(batch.columns[0]!, 0)
  } finally {
    result.rows.close()
  }
}
