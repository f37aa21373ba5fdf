/** CREATE SOURCE, and CREATE TABLE with streaming clauses. */

import type {
  ColumnDefinition,
  CreateSourceStatement,
  CreateTableAsStatement,
  CreateTableStatement,
  FormatClause,
  IncludeClause,
  Option,
  TableConstraint,
  TableName,
  WatermarkClause,
} from './ast.ts'
import type { Expression } from './ast-expression.ts'
import { givenTwice, parseWatermark, readFormat, readInclude, readOptions } from './extensions-clauses.ts'
import { parseColumnsRange, parseExpressionRange, parseQueryRange } from './parse-range.ts'
import type { Edit } from './rewrite-query.ts'
import type { TokenCursor } from './tokens.ts'

interface Elements {
  readonly columns: readonly ColumnDefinition[]
  readonly constraints: readonly TableConstraint[]
  readonly watermark: WatermarkClause | undefined
}

interface Clauses {
  readonly includes: readonly IncludeClause[]
  readonly options: readonly Option[]
  readonly format: FormatClause | undefined
  readonly appendOnly: boolean
}

/** CREATE SOURCE [IF NOT EXISTS] name [(elements)] [INCLUDE …] [WITH (…)] [FORMAT … ENCODE …]. */
export function parseCreateSource(cursor: TokenCursor, position: number): CreateSourceStatement {
  const { ifNotExists, table } = readHead(cursor)
  const elements = readElements(cursor)
  const { includes, options, format, appendOnly } = readClauses(cursor)
  if (appendOnly) throw cursor.unexpected()
  return { kind: 'create_source', table, ifNotExists, ...elements, includes, options, format, position }
}

/**
 * CREATE TABLE with WATERMARK FOR, APPEND ONLY, INCLUDE, a connector or FORMAT; or AS a query behind such
 * clauses.
 */
export function parseCreateTableExtended(
  cursor: TokenCursor,
  position: number,
  temporary: boolean,
): CreateTableStatement | CreateTableAsStatement {
  const { ifNotExists, table } = readHead(cursor)
  const elements = readElements(cursor)
  const clauses = readClauses(cursor)
  if (!cursor.accept('as')) {
    return { kind: 'create_table', table, ifNotExists, temporary, ...elements, ...clauses, position }
  }
  const query = parseQueryRange(cursor, cursor.index, cursor.end)
  cursor.index = cursor.end
  return {
    kind: 'create_table_as',
    table,
    ifNotExists,
    temporary,
    columns: elements.columns.map(column => column.name),
    query,
    withData: true,
    appendOnly: clauses.appendOnly,
    options: clauses.options,
    position,
  }
}

function readHead(cursor: TokenCursor): { readonly ifNotExists: boolean; readonly table: TableName } {
  const ifNotExists = cursor.accept('if not exists')
  return { ifNotExists, table: cursor.tableName() }
}

function readClauses(cursor: TokenCursor): Clauses {
  const includes: IncludeClause[] = []
  let options: readonly Option[] | undefined
  let format: FormatClause | undefined
  let appendOnly = false
  for (;;) {
    const include = readInclude(cursor)
    if (include !== undefined) includes.push(include)
    else if (cursor.looksAt('with (')) {
      if (options !== undefined) throw givenTwice(cursor, 'WITH')
      cursor.expect('with')
      options = readOptions(cursor)
    } else if (cursor.looksAt('format')) {
      if (format !== undefined) throw givenTwice(cursor, 'FORMAT')
      format = readFormat(cursor)
    } else if (cursor.accept('append only')) appendOnly = true
    else return { includes, options: options ?? [], format, appendOnly }
  }
}

/** What an element of the list means that PostgreSQL does not know. */
interface ElementParts {
  readonly edits: Edit[]
  readonly generated: Map<number, Expression>
  watermark: WatermarkClause | undefined
  /** Elements that are left for PostgreSQL's parser. */
  left: number
}

/** ( columns, constraints, WATERMARK FOR … ), or nothing. */
function readElements(cursor: TokenCursor): Elements {
  if (!cursor.looksAt('(')) return { columns: [], constraints: [], watermark: undefined }
  const open = cursor.index
  const { first, close } = cursor.group()
  const end = cursor.index
  const parts: ElementParts = { edits: [], generated: new Map(), watermark: undefined, left: 0 }
  let comma: number | undefined
  for (let start = first; start < close; ) {
    const stop = cursor.findOutside(index => cursor.at(index)?.text === ',', start, close)
    readElement(cursor, start, stop, comma, parts)
    comma = stop
    start = stop + 1
  }
  const parsed =
    parts.left === 0 ? { columns: [], constraints: [] } : parseColumnsRange(cursor, open, close, parts.edits)
  cursor.index = end
  const columns = parsed.columns.map(column => {
    const generated = parts.generated.get(column.position)
    return generated === undefined ? column : { ...column, generated }
  })
  return { columns, constraints: parsed.constraints, watermark: parts.watermark }
}

/** One element; `comma` is the token before it. A watermark is blanked with one comma beside it. */
function readElement(
  cursor: TokenCursor,
  start: number,
  stop: number,
  comma: number | undefined,
  parts: ElementParts,
): void {
  const blank = (from: number, to: number) => {
    parts.edits.push({ start: cursor.at(from)!.start, end: cursor.at(to)!.end, put: '' })
  }
  if (cursor.looksAt('watermark for', start)) {
    if (parts.watermark !== undefined) throw givenTwice(cursor, 'WATERMARK', cursor.position(start))
    parts.watermark = parseWatermark(cursor, start, stop)
    if (parts.left > 0 && comma !== undefined) blank(comma, stop - 1)
    else blank(start, cursor.at(stop)?.text === ',' ? stop : stop - 1)
    return
  }
  parts.left += 1
  // A generated column: name type AS expression.
  const as = cursor.findOutside(index => cursor.looksAt('as', index), start, stop)
  if (as === stop || cursor.looksAt('always as', as - 1) || cursor.looksAt('default as', as - 1)) return
  parts.generated.set(cursor.position(start), parseExpressionRange(cursor, as + 1, stop))
  blank(as, stop - 1)
}
