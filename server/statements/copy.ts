/** COPY: FROM STDIN into a table, and TO STDOUT of a query, a relation, or a subscription. */

import { MemoryShare } from '../../executor/runtime/memory-limit.ts'
import { bindCopy } from '../../planner/bind/bind.ts'
import { type BoundCopyFrom, copyColumns } from '../../planner/bind/copy-from.ts'
import type { Relation } from '../../planner/catalog.ts'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { CopyStatement } from '../../planner/sql/ast.ts'
import type { Steps } from '../../planner/steps.ts'
import { checkNeeds } from '../auth/check-access.ts'
import { type CopyOptions, copyOptions, forcedColumns } from '../copy/copy-options.ts'
import { type CopiedBatch, CopyReader } from '../copy/copy-reader.ts'
import { utf8OfLatin1 } from '../encoding/latin1.ts'
import type { Execution, PlannedStatement, Planning } from '../planned-statement.ts'
import type { CopyInput, StatementResult } from '../session-contract.ts'
import { bindOptions } from './bind-options.ts'
import { selectAll } from './select-all.ts'
import { addWrite } from './table-writes.ts'
import { refuseReadOnly } from './transaction.ts'

export function* planCopy(statement: CopyStatement, planning: Planning): Steps<PlannedStatement> {
  if (statement.program) throw notSupported('COPY with a program', { hint: clientHint })
  if (statement.file !== undefined) {
    throw notSupported(`COPY ${statement.isFrom ? 'from' : 'to'} a file`, { hint: clientHint })
  }
  const options = copyOptions(statement.options, statement.isFrom)
  return statement.isFrom
    ? yield* planCopyIn(statement, options, planning)
    : yield* planCopyOut(statement, options, planning)
}

const clientHint = "Files are the client's: use COPY with STDIN or STDOUT, or psql's \\copy."

function* planCopyIn(
  { from, where, ...rest }: CopyStatement,
  options: CopyOptions,
  planning: Planning,
): Steps<PlannedStatement> {
  if (from.kind !== 'relation') throw new SqlError(SqlState.syntaxError, 'COPY query FROM is not possible')
  const { catalog, session, searchPath } = planning
  const target = yield* bindCopy(
    { ...rest, from, where },
    catalog,
    bindOptions(session, searchPath, undefined),
  )
  checkForced(target, options)
  return {
    parameterTypes: [],
    fields: undefined,
    isShared: false,
    run: async execution => startCopyIn(target, options, execution),
  }
}

function checkForced({ table, columns }: BoundCopyFrom, { forceNotNull, forceNull }: CopyOptions): void {
  const names = columns.map(index => table.schema[index]!.name)
  forcedColumns('FORCE_NOT_NULL', forceNotNull, names, table)
  forcedColumns('FORCE_NULL', forceNull, names, table)
}

function startCopyIn(target: BoundCopyFrom, options: CopyOptions, execution: Execution): StatementResult {
  const attributes = target.columns.map(column => column + 1)
  checkNeeds(execution.session, [{ id: target.table.id, privilege: 'INSERT', columns: attributes }])
  refuseReadOnly(execution.session, 'COPY FROM')
  const reader = new CopyReader(target, options, execution.context)
  const encoding = options.encoding ?? execution.session.settings.get('client_encoding')
  const isLatin1 = encoding === 'LATIN1' && options.format !== 'binary'
  const memory = new MemoryShare(execution.session.transaction.memory)
  const count = () => {
    const refusal = memory.refusal(reader.byteLength)
    if (refusal !== undefined) throw reader.located(refusal)
    memory.hold(reader.byteLength)
  }
  const input: CopyInput = {
    write(bytes) {
      reader.write(isLatin1 ? utf8OfLatin1(bytes) : bytes)
      count()
    },
    flush: () => reader.flush(),
    finish: () => store(target, reader.finish(), execution),
    located: error => reader.located(error),
    close: () => memory.free(),
  }
  const columnCount = target.columns.length
  return { kind: 'copy_in', format: options.format, columnCount, input, signal: execution.signal }
}

/** All rows in one epoch, or among the writes of the transaction. */
async function store(
  { table }: BoundCopyFrom,
  batches: readonly CopiedBatch[],
  { session, autocommit, context, signal }: Execution,
): Promise<string> {
  const changes = batches.map(({ rows, lines }) => {
    const whereOf = (row: number) => `COPY ${table.name}, line ${lines[row]}`
    return { table: table.id, deletes: undefined, inserts: rows, whereOf }
  })
  if (!autocommit) await addWrite(session, table, changes, context, signal)
  else if (changes.length > 0) await session.database.write(changes)
  return `COPY ${batches.reduce((sum, { rows }) => sum + rows.length, 0)}`
}

function* planCopyOut(
  statement: CopyStatement,
  options: CopyOptions,
  planning: Planning,
): Steps<PlannedStatement> {
  const relation = copiedRelation(statement, planning)
  const source = yield* planSource(statement, planning)
  const { fields } = source
  if (fields === undefined) {
    throw new SqlError(SqlState.featureNotSupported, 'COPY query must have a RETURNING clause')
  }
  const names = fields.schema.map(field => field.name)
  const forceQuote = forcedColumns('FORCE_QUOTE', options.forceQuote, names, relation)
  const format = { ...options, header: options.header !== false, forceQuote }
  const live = statement.from.kind === 'subscribe'
  return {
    parameterTypes: source.parameterTypes,
    // Its rows are no result set: Describe says NoData.
    fields: undefined,
    isShared: false,
    async run(execution) {
      const result = await source.run(execution)
      if (result.kind !== 'rows') throw new TypeError('a statement with fields returns rows')
      const commandTag = (rowCount: number) => `COPY ${rowCount}`
      return { kind: 'copy_out', fields, rows: result.rows, format, live, commandTag }
    },
  }
}

/** The relation that is copied; its columns are checked. */
function copiedRelation({ from }: CopyStatement, planning: Planning): Relation | undefined {
  if (from.kind !== 'relation') return undefined
  const { catalog, searchPath } = planning
  const relation = catalog.findRelation(from.table.schemaName, from.table.name, searchPath)
  if (relation !== undefined) copyColumns(relation, from.columns)
  return relation
}

function planSource({ from }: CopyStatement, { session, text }: Planning): Steps<PlannedStatement> {
  switch (from.kind) {
    case 'relation':
      return session.plan(
        selectAll(
          from.table,
          from.columns.map(column => column.name),
        ),
        text,
        [],
      )
    case 'query':
      return session.plan(from.statement, text, undefined)
    case 'subscribe':
      return session.plan(from, text, undefined)
  }
}
