/**
 * sqllogictest files: records separated by blank lines, in the dialect that RisingWave and Arroyo use.
 *
 *   statement ok                       statement error 42P01 relation .* does not exist
 *   <sql>                              <sql>
 *
 *   query [types] [rowsort] [retry N backoff Tms]     query error 22012
 *   <sql>                                             <sql>
 *   ----
 *   <row: values separated by one blank; NULL; (empty) for ''; <slt:ignore> for anything>
 *
 *   connection NAME (before a record: run it there)    sleep 100ms    # comment    halt
 *   skipif postgres (before a record)    control compare postgres (the file also runs on PostgreSQL)
 */

/** What one record asks for; `line` is 1-based, of its first line. */
export type SltRecord =
  | {
      readonly kind: 'statement'
      readonly line: number
      readonly connection: string
      readonly skipOnPostgres: boolean
      readonly sql: string
      readonly error: ExpectedError | undefined
    }
  | {
      readonly kind: 'query'
      readonly line: number
      readonly connection: string
      readonly skipOnPostgres: boolean
      readonly sql: string
      readonly rowsort: boolean
      readonly retry: Retry | undefined
      readonly expected: readonly string[]
      /** Lines of the file [start, end) that hold the expected rows, for completion. */
      readonly expectedStart: number
      readonly expectedEnd: number
    }
  | { readonly kind: 'sleep'; readonly line: number; readonly milliseconds: number }

export interface ExpectedError {
  readonly code: string | undefined
  readonly message: RegExp | undefined
}

export interface Retry {
  readonly times: number
  readonly backoffMs: number
}

/** Whether PostgreSQL gives the same answers, but for the records that skip it. */
export function isComparedWithPostgres(text: string): boolean {
  return /^control compare postgres$/m.test(text)
}

/** Parses a file; throws with the line of what it does not understand. */
export function parseSlt(text: string): SltRecord[] {
  const lines = text.split('\n')
  const records: SltRecord[] = []
  let connection = ''
  let skipOnPostgres = false
  let at = 0
  while (at < lines.length) {
    const head = lines[at]!.trim()
    if (head === '' || head.startsWith('#') || head === 'control compare postgres') {
      at++
    } else if (head === 'skipif postgres') {
      skipOnPostgres = true
      at++
    } else if (head === 'halt') {
      break
    } else if (head.startsWith('connection ')) {
      connection = head.slice('connection '.length).trim()
      at++
    } else if (head.startsWith('sleep ')) {
      records.push({ kind: 'sleep', line: at + 1, milliseconds: parseDuration(head.slice(6), at) })
      at++
    } else {
      const record = parseRecord(lines, at, head, { connection, skipOnPostgres })
      records.push(record.record)
      at = record.end
      connection = ''
      skipOnPostgres = false
    }
  }
  return records
}

function parseRecord(
  lines: readonly string[],
  at: number,
  head: string,
  where: { readonly connection: string; readonly skipOnPostgres: boolean },
): { record: SltRecord; end: number } {
  const words = head.split(/\s+/)
  const sqlEnd = findEnd(lines, at + 1)
  const sql = lines.slice(at + 1, sqlEnd).join('\n')
  if (words[0] === 'statement' || words[1] === 'error') {
    const error = words[1] === 'error' ? parseError(words.slice(2).join(' ')) : undefined
    return { record: { kind: 'statement', line: at + 1, ...where, sql, error }, end: sqlEnd }
  }
  if (words[0] !== 'query') throw new Error(`line ${at + 1}: unknown record "${head}"`)
  const expectedStart = lines[sqlEnd] === '----' ? sqlEnd + 1 : sqlEnd
  let expectedEnd = expectedStart
  while (expectedEnd < lines.length && lines[expectedEnd]!.trim() !== '') expectedEnd++
  const expected = expectedStart > sqlEnd ? lines.slice(expectedStart, expectedEnd) : []
  const retryAt = words.indexOf('retry')
  const retry =
    retryAt < 0
      ? undefined
      : { times: Number(words[retryAt + 1]), backoffMs: parseDuration(words[retryAt + 3] ?? '', at) }
  return {
    record: {
      kind: 'query',
      line: at + 1,
      ...where,
      sql,
      rowsort: words.includes('rowsort'),
      retry,
      expected,
      expectedStart,
      expectedEnd: expectedStart > sqlEnd ? expectedEnd : expectedStart,
    },
    end: expectedEnd,
  }
}

/** Where the SQL of a record ends: at `----` or a blank line. */
function findEnd(lines: readonly string[], from: number): number {
  let at = from
  while (at < lines.length && lines[at] !== '----' && lines[at]!.trim() !== '') at++
  return at
}

/** An optional five-character SQLSTATE, then an optional regular expression on the message. */
function parseError(text: string): ExpectedError {
  const match = /^([0-9A-Z]{5})?\s*(.*)$/.exec(text)!
  return { code: match[1], message: match[2] === '' ? undefined : new RegExp(match[2]!) }
}

function parseDuration(text: string, line: number): number {
  const match = /^(\d+)(ms|s)$/.exec(text.trim())
  if (match === null) throw new Error(`line ${line + 1}: not a duration: "${text}"`)
  return Number(match[1]) * (match[2] === 's' ? 1000 : 1)
}

/**
 * The file with the expected rows of each query, and each `statement error` that says no more, replaced by
 * what came.
 */
export function completeSlt(text: string, actual: ReadonlyMap<SltRecord, readonly string[]>): string {
  const lines = text.split('\n')
  for (const [record, rows] of [...actual].reverse()) {
    if (record.kind === 'sleep') continue
    if (record.kind === 'statement') {
      lines[record.line - 1] = `statement error ${rows[0]}`
      continue
    }
    const hasMarker = lines[record.expectedStart - 1] === '----'
    const replacement = hasMarker ? rows : ['----', ...rows]
    lines.splice(record.expectedStart, record.expectedEnd - record.expectedStart, ...replacement)
  }
  return lines.join('\n')
}
