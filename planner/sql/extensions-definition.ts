/** CREATE SINK, CREATE MATERIALIZED VIEW … EMIT, CREATE MODEL, ALTER MODEL, DROP SOURCE|SINK|MODEL. */

import type {
  AlterModelStatement,
  ColumnName,
  CreateMaterializedViewStatement,
  CreateModelStatement,
  CreateSinkStatement,
  DropObject,
  DropStatement,
  EmitClause,
  FormatClause,
  Option,
  SelectStatement,
  Statement,
  TableName,
} from './ast.ts'
import { clauseAt, emitAt, givenTwice, readEmit, readFormat, readOptions } from './extensions-clauses.ts'
import { parseQueryRange } from './parse-range.ts'
import type { TokenCursor } from './tokens.ts'

interface QueryClauses {
  readonly emit: EmitClause | undefined
  readonly options: readonly Option[] | undefined
  readonly format: FormatClause | undefined
  readonly withData: boolean
}

/** CREATE SINK [IF NOT EXISTS] s [INTO t [(columns)]] FROM v | AS query [EMIT …] [WITH (…)] [FORMAT …]. */
export function parseCreateSink(cursor: TokenCursor, position: number): CreateSinkStatement {
  const ifNotExists = cursor.accept('if not exists')
  const table = cursor.tableName()
  const into = cursor.accept('into') ? cursor.tableName() : undefined
  const intoColumns = into !== undefined && cursor.looksAt('(') ? readColumnNames(cursor) : []
  const from = readSinkInput(cursor)
  const { emit, options, format } = readQueryClauses(cursor, undefined)
  return {
    kind: 'create_sink',
    table,
    ifNotExists,
    from,
    into,
    intoColumns,
    emit,
    options: options ?? [],
    format,
    position,
  }
}

function readSinkInput(cursor: TokenCursor): CreateSinkStatement['from'] {
  if (cursor.accept('from')) return { kind: 'relation', table: cursor.tableName() }
  cursor.expect('as')
  return readQuery(cursor)
}

/** A query up to the clauses behind it. */
function readQuery(cursor: TokenCursor): SelectStatement {
  const first = cursor.index
  const end = cursor.findOutside(index => index > first && clauseAt(cursor, index))
  const query = parseQueryRange(cursor, first, end)
  cursor.index = end
  return query
}

function readColumnNames(cursor: TokenCursor): ColumnName[] {
  const names: ColumnName[] = []
  cursor.expect('(')
  do {
    const position = cursor.position()
    names.push({ name: cursor.identifier(), position })
  } while (cursor.accept(','))
  cursor.expect(')')
  return names
}

function readQueryClauses(cursor: TokenCursor, given: readonly Option[] | undefined): QueryClauses {
  let emit: EmitClause | undefined
  let options = given
  let format: FormatClause | undefined
  let withData = true
  for (;;) {
    if (emitAt(cursor, cursor.index)) {
      if (emit !== undefined) throw givenTwice(cursor, 'EMIT')
      emit = readEmit(cursor)
    } else if (cursor.looksAt('with (')) {
      if (options !== undefined) throw givenTwice(cursor, 'WITH')
      cursor.expect('with')
      options = readOptions(cursor)
    } else if (cursor.looksAt('format')) {
      if (format !== undefined) throw givenTwice(cursor, 'FORMAT')
      format = readFormat(cursor)
    } else if (cursor.accept('with no data')) withData = false
    else if (!cursor.accept('with data')) return { emit, options, format, withData }
  }
}

/**
 * CREATE MATERIALIZED VIEW [IF NOT EXISTS] v [(columns)] [WITH (…)] AS query [EMIT …] [WITH (…)] [WITH [NO]
 * DATA].
 */
export function parseCreateMaterializedView(
  cursor: TokenCursor,
  position: number,
): CreateMaterializedViewStatement {
  const ifNotExists = cursor.accept('if not exists')
  const table = cursor.tableName()
  const columns = cursor.looksAt('(') ? readColumnNames(cursor).map(column => column.name) : []
  const given = cursor.accept('with') ? readOptions(cursor) : undefined
  cursor.expect('as')
  const query = readQuery(cursor)
  const { emit, options, format, withData } = readQueryClauses(cursor, given)
  if (format !== undefined) throw cursor.unexpected()
  return {
    kind: 'create_materialized_view',
    table,
    ifNotExists,
    columns,
    options: options ?? [],
    query,
    withData,
    emit,
    position,
  }
}

/** CREATE [OR REPLACE] MODEL [IF NOT EXISTS] m FROM 'path' [WITH (…)]. */
export function parseCreateModel(
  cursor: TokenCursor,
  position: number,
  orReplace: boolean,
): CreateModelStatement {
  const ifNotExists = cursor.accept('if not exists')
  const model = cursor.tableName()
  cursor.expect('from')
  const path = cursor.string()
  const options = cursor.accept('with') ? readOptions(cursor) : []
  return { kind: 'create_model', model, ifNotExists, orReplace, path, options, position }
}

/** ALTER MODEL [IF EXISTS] m SET (…) | FROM 'path' [WITH (…)] | RENAME TO name. */
export function parseAlterModel(cursor: TokenCursor, position: number): AlterModelStatement {
  const ifExists = cursor.accept('if exists')
  const model = cursor.tableName()
  return { kind: 'alter_model', model, ifExists, action: readModelAction(cursor), position }
}

function readModelAction(cursor: TokenCursor): AlterModelStatement['action'] {
  if (cursor.accept('rename to')) return { kind: 'rename', name: cursor.identifier() }
  if (cursor.looksAt('set (')) {
    cursor.expect('set')
    return { kind: 'set_options', options: readOptions(cursor) }
  }
  if (!cursor.accept('set file') && !cursor.accept('set path')) cursor.expect('from')
  const path = cursor.string()
  return { kind: 'set_path', path, options: cursor.accept('with') ? readOptions(cursor) : [] }
}

/** Object types by their words in DROP and SHOW CREATE; longest first. */
const objectTypes: readonly (readonly [words: string, object: DropObject])[] = [
  ['materialized view', 'materialized_view'],
  ['source', 'source'],
  ['sink', 'sink'],
  ['model', 'model'],
  ['table', 'table'],
  ['view', 'view'],
  ['index', 'index'],
  ['schema', 'schema'],
]

export function readObjectType(cursor: TokenCursor): DropObject {
  const found = objectTypes.find(([words]) => cursor.accept(words))
  if (found === undefined) throw cursor.unexpected()
  return found[1]
}

/**
 * DROP SOURCE|SINK|MODEL [IF EXISTS] names [CASCADE|RESTRICT]; undefined for what PostgreSQL's grammar reads
 * itself.
 */
export function parseDropExtended(cursor: TokenCursor, position: number): Statement | undefined {
  const object = (['source', 'sink', 'model'] as const).find(word => cursor.accept(word))
  if (object === undefined) return undefined
  const ifExists = cursor.accept('if exists')
  const names: TableName[] = []
  do names.push(cursor.tableName())
  while (cursor.accept(','))
  const cascade = cursor.accept('cascade')
  if (!cascade) cursor.accept('restrict')
  const statement: DropStatement = { kind: 'drop', object, names, ifExists, cascade, position }
  return statement
}
