/** Statements of a session: transactions, SET, SHOW, EXPLAIN, COPY, cursors, prepared statements. */

import type {
  CopyStmt,
  DeclareCursorStmt,
  DiscardStmt,
  ExplainStmt,
  FetchStmt,
  PrepareStmt,
  TransactionStmt,
  VacuumStmt,
  VariableSetStmt,
} from 'libpg-query'
import { must } from '../assert.ts'
import type { Statement } from './ast.ts'
import type {
  CopyStatement,
  DeclareCursorStatement,
  DiscardStatement,
  ExplainStatement,
  FetchStatement,
  PrepareStatement,
  ShowObject,
  ShowStatement,
  TransactionStatement,
  VacuumStatement,
} from './ast-session.ts'
import {
  type ConvertContext,
  contentOf,
  convertQuery,
  convertTypeName,
  convertUtilityTableName,
  stringOf,
} from './convert-context.ts'
import { optionalExpression } from './convert-expression.ts'
import { convertOptions, convertTransactionModes, scalarText } from './convert-option.ts'

const transactionActions: Readonly<
  Record<NonNullable<TransactionStmt['kind']>, TransactionStatement['action']>
> = {
  TRANS_STMT_BEGIN: 'begin',
  TRANS_STMT_START: 'begin',
  TRANS_STMT_COMMIT: 'commit',
  TRANS_STMT_ROLLBACK: 'rollback',
  TRANS_STMT_SAVEPOINT: 'savepoint',
  TRANS_STMT_RELEASE: 'release',
  TRANS_STMT_ROLLBACK_TO: 'rollback_to',
  TRANS_STMT_PREPARE: 'prepare',
  TRANS_STMT_COMMIT_PREPARED: 'commit_prepared',
  TRANS_STMT_ROLLBACK_PREPARED: 'rollback_prepared',
}

export function convertTransaction(
  value: TransactionStmt,
  position: number,
  context: ConvertContext,
): TransactionStatement {
  return {
    kind: 'transaction',
    action: transactionActions[value.kind ?? 'TRANS_STMT_BEGIN'],
    start: value.kind === 'TRANS_STMT_START',
    name: value.savepoint_name ?? value.gid,
    modes: convertTransactionModes(value.options, context),
    chain: value.chain === true,
    position,
  }
}

export function convertSet(value: VariableSetStmt, position: number, context: ConvertContext): Statement {
  const name = (value.name ?? '').toLowerCase()
  const scope = value.is_local === true ? 'local' : 'session'
  switch (value.kind) {
    case 'VAR_RESET':
      return { kind: 'reset', name, position }
    case 'VAR_RESET_ALL':
      return { kind: 'reset', name: 'all', position }
    case 'VAR_SET_DEFAULT':
      return { kind: 'set', name, scope, values: undefined, modes: [], position }
    case 'VAR_SET_CURRENT':
      return { kind: 'unsupported', command: 'SET FROM CURRENT', position }
    case 'VAR_SET_MULTI': {
      if (name === 'transaction snapshot')
        return { kind: 'unsupported', command: 'SET TRANSACTION SNAPSHOT', position }
      const modes = convertTransactionModes(value.args, context)
      return {
        kind: 'set',
        name: 'transaction modes',
        scope: name === 'transaction' ? 'local' : 'session',
        values: [],
        modes,
        position,
      }
    }
    default: {
      const values = (value.args ?? []).map(node => scalarText(node, position))
      return { kind: 'set', name, scope, values, modes: [], position }
    }
  }
}

const shownWords: Readonly<Record<string, ShowObject>> = {
  tables: 'tables',
  sources: 'sources',
  views: 'views',
  sinks: 'sinks',
  models: 'models',
  jobs: 'jobs',
  schemas: 'schemas',
  functions: 'functions',
  indexes: 'indexes',
  databases: 'databases',
  connectors: 'connectors',
  subscriptions: 'subscriptions',
  cursors: 'cursors',
}

/** The objects that SHOW <word> lists; undefined when the word is a variable. */
export function shownObjects(word: string): ShowObject | undefined {
  return Object.hasOwn(shownWords, word) ? shownWords[word] : undefined
}

export function convertShow(name: string, position: number): ShowStatement {
  const objects = shownObjects(name)
  const target: ShowStatement['target'] =
    objects === undefined
      ? { kind: 'variable', name }
      : { kind: 'objects', objects, schemaName: undefined, name: undefined, like: undefined }
  return { kind: 'show', target, position }
}

export function convertExplain(
  value: ExplainStmt,
  position: number,
  context: ConvertContext,
): ExplainStatement {
  const options = convertOptions(value.options, context)
  return {
    kind: 'explain',
    options,
    analyze: isOn(options.findLast(option => option.name === 'analyze')),
    statement: context.statement(must(value.query, 'EXPLAIN has a statement'), context),
    position,
  }
}

/** Whether a boolean option is given and not switched off. */
export function isOn(option: { readonly value: string | undefined } | undefined): boolean {
  return option !== undefined && !['false', 'off', '0'].includes((option.value ?? 'true').toLowerCase())
}

export function convertCopy(value: CopyStmt, position: number, context: ConvertContext): CopyStatement {
  const columns = (value.attlist ?? []).map(node => ({ name: stringOf(node), position: 0 }))
  return {
    kind: 'copy',
    from:
      value.relation === undefined
        ? { kind: 'query', statement: context.statement(must(value.query, 'COPY has a source'), context) }
        : { kind: 'relation', table: convertUtilityTableName(value.relation, context), columns },
    isFrom: value.is_from === true,
    file: value.filename,
    program: value.is_program === true,
    options: convertOptions(value.options, context),
    where: optionalExpression(value.whereClause, context),
    position,
  }
}

/** Bits of DeclareCursorStmt.options, from PostgreSQL's parsenodes.h. */
const cursorOptions = { binary: 1, scroll: 2, noScroll: 4, insensitive: 8, hold: 32 }

export function convertDeclareCursor(
  value: DeclareCursorStmt,
  position: number,
  context: ConvertContext,
): DeclareCursorStatement {
  const bits = value.options ?? 0
  const has = (bit: number) => (bits & bit) !== 0
  return {
    kind: 'declare_cursor',
    name: value.portalname ?? '',
    query: convertQuery(must(value.query, 'DECLARE has a query'), context),
    binary: has(cursorOptions.binary),
    scroll: has(cursorOptions.scroll) ? true : has(cursorOptions.noScroll) ? false : undefined,
    insensitive: has(cursorOptions.insensitive),
    hold: has(cursorOptions.hold),
    position,
  }
}

const fetchDirections = {
  FETCH_FORWARD: 'forward',
  FETCH_BACKWARD: 'backward',
  FETCH_ABSOLUTE: 'absolute',
  FETCH_RELATIVE: 'relative',
} as const

/**
 * The count of FETCH ALL in the parse tree: PostgreSQL's FETCH_ALL is LONG_MAX, 32 bits wide in the WASM
 * build.
 */
const fetchAll = 2147483647

export function convertFetch(value: FetchStmt, position: number): FetchStatement {
  const count = Number(value.howMany ?? 0)
  return {
    kind: 'fetch',
    move: value.ismove === true,
    cursor: value.portalname ?? '',
    direction: fetchDirections[value.direction ?? 'FETCH_FORWARD'],
    count: count >= fetchAll ? 'all' : count,
    options: [],
    position,
  }
}

export function convertPrepare(
  value: PrepareStmt,
  position: number,
  context: ConvertContext,
): PrepareStatement {
  return {
    kind: 'prepare',
    name: value.name ?? '',
    types: (value.argtypes ?? []).map(node => {
      return convertTypeName(must(contentOf(node, 'TypeName'), 'PREPARE lists types'), context)
    }),
    statement: context.statement(must(value.query, 'PREPARE has a statement'), context),
    position,
  }
}

const discards = {
  DISCARD_ALL: 'all',
  DISCARD_PLANS: 'plans',
  DISCARD_SEQUENCES: 'sequences',
  DISCARD_TEMP: 'temp',
} as const

export function convertDiscard(value: DiscardStmt, position: number): DiscardStatement {
  return { kind: 'discard', what: discards[value.target ?? 'DISCARD_ALL'], position }
}

export function convertVacuum(value: VacuumStmt, position: number, context: ConvertContext): VacuumStatement {
  return {
    kind: 'vacuum',
    analyze: value.is_vacuumcmd !== true,
    tables: (value.rels ?? []).map(node => {
      const relation = must(contentOf(node, 'VacuumRelation')?.relation, 'VACUUM lists relations')
      return convertUtilityTableName(relation, context)
    }),
    position,
  }
}
