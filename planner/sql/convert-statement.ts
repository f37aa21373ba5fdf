/**
 * PostgreSQL's statement nodes -> ast.ts. Statements that the dialect lacks become `unsupported` with their
 * tag.
 */

import type { Node } from 'libpg-query'
import { must } from '../assert.ts'
import type { Statement } from './ast.ts'
import {
  type ConvertContext,
  contentOf,
  convertUtilityTableName,
  type NodeTag,
  type NodeValue,
  tagOf,
} from './convert-context.ts'
import {
  convertComment,
  convertCreateSchema,
  convertCreateTable,
  convertCreateTableAs,
  convertDrop,
  convertIndex,
  convertSelectInto,
  convertView,
  objectWords,
} from './convert-definition.ts'
import { convertDelete, convertInsert, convertUpdate } from './convert-dml.ts'
import { convertExpressions } from './convert-expression.ts'
import {
  convertDefaultPrivileges,
  convertDropOwned,
  convertGrant,
  convertReassignOwned,
  convertRelationOwner,
  convertSchemaOwner,
} from './convert-grant.ts'
import {
  convertAlterRole,
  convertCreateRole,
  convertDropRole,
  convertGrantRole,
  convertRenameRole,
} from './convert-role.ts'
import { convertAlterDatabaseSet, convertAlterRoleSet } from './convert-role-settings.ts'
import { convertSelect } from './convert-select.ts'
import {
  convertCopy,
  convertDeclareCursor,
  convertDiscard,
  convertExplain,
  convertFetch,
  convertPrepare,
  convertSet,
  convertShow,
  convertTransaction,
  convertVacuum,
} from './convert-session.ts'

type Converter<T extends NodeTag> = (
  value: NodeValue<T>,
  position: number,
  context: ConvertContext,
) => Statement

/** LOCK TABLE's mode when none is given, as PostgreSQL numbers them. */
const ACCESS_EXCLUSIVE = 8

const converters: { readonly [T in NodeTag]?: Converter<T> } = {
  SelectStmt: (value, position, context) => {
    if (value.intoClause !== undefined) return convertSelectInto(value, position, context)
    const select = convertSelect(value, context)
    return select.position === 0 ? { ...select, position } : select
  },
  InsertStmt: convertInsert,
  UpdateStmt: convertUpdate,
  DeleteStmt: convertDelete,
  CreateStmt: convertCreateTable,
  CreateTableAsStmt: convertCreateTableAs,
  ViewStmt: convertView,
  CreateSchemaStmt: convertCreateSchema,
  IndexStmt: convertIndex,
  DropStmt: convertDrop,
  CommentStmt: convertComment,
  TransactionStmt: convertTransaction,
  VariableSetStmt: convertSet,
  VariableShowStmt: (value, position) => convertShow(value.name ?? '', position),
  ExplainStmt: convertExplain,
  DiscardStmt: convertDiscard,
  ListenStmt: (value, position) => {
    return { kind: 'listen', channel: value.conditionname, payload: undefined, position }
  },
  NotifyStmt: (value, position) => {
    return { kind: 'notify', channel: value.conditionname, payload: value.payload, position }
  },
  UnlistenStmt: (value, position) => {
    return { kind: 'unlisten', channel: value.conditionname, payload: undefined, position }
  },
  CopyStmt: convertCopy,
  DeclareCursorStmt: convertDeclareCursor,
  FetchStmt: convertFetch,
  ClosePortalStmt: (value, position) => ({ kind: 'close', name: value.portalname, position }),
  PrepareStmt: convertPrepare,
  ExecuteStmt: (value, position, context) => {
    return {
      kind: 'execute',
      name: value.name ?? '',
      args: convertExpressions(value.params, context),
      position,
    }
  },
  DeallocateStmt: (value, position) => ({ kind: 'deallocate', name: value.name, position }),
  LockStmt: (value, position, context) => ({
    kind: 'lock_table',
    tables: (value.relations ?? []).map(node =>
      convertUtilityTableName(must(contentOf(node, 'RangeVar'), 'LOCK names tables'), context),
    ),
    mode: value.mode ?? ACCESS_EXCLUSIVE,
    position,
  }),
  TruncateStmt: (value, position, context) => ({
    kind: 'truncate',
    tables: (value.relations ?? []).map(node => {
      return convertUtilityTableName(must(contentOf(node, 'RangeVar'), 'TRUNCATE lists relations'), context)
    }),
    cascade: value.behavior === 'DROP_CASCADE',
    position,
  }),
  VacuumStmt: convertVacuum,
  AlterTableStmt: (value, position, context) =>
    convertRelationOwner(value, position, context) ??
    unsupported(`ALTER ${objectWords(value.objtype)}`, position),
  RenameStmt: (value, position) => {
    if (value.renameType === 'OBJECT_ROLE') return convertRenameRole(value, position)
    const column = value.renameType === 'OBJECT_COLUMN'
    return unsupported(`ALTER ${objectWords(column ? value.relationType : value.renameType)}`, position)
  },
  AlterObjectSchemaStmt: (value, position) => unsupported(`ALTER ${objectWords(value.objectType)}`, position),
  AlterOwnerStmt: (value, position, context) =>
    convertSchemaOwner(value, position, context) ??
    unsupported(`ALTER ${objectWords(value.objectType)}`, position),
  GrantStmt: convertGrant,
  AlterDefaultPrivilegesStmt: convertDefaultPrivileges,
  ReassignOwnedStmt: convertReassignOwned,
  DropOwnedStmt: convertDropOwned,
  CreateRoleStmt: convertCreateRole,
  AlterRoleStmt: convertAlterRole,
  AlterRoleSetStmt: convertAlterRoleSet,
  AlterDatabaseSetStmt: convertAlterDatabaseSet,
  DropRoleStmt: convertDropRole,
  GrantRoleStmt: convertGrantRole,
  DefineStmt: (value, position) => unsupported(`CREATE ${objectWords(value.kind)}`, position),
  CheckPointStmt: (_value, position) => unsupported('CHECKPOINT', position),
  CreateSeqStmt: (_value, position) => unsupported('CREATE SEQUENCE', position),
  AlterSeqStmt: (_value, position) => unsupported('ALTER SEQUENCE', position),
  CreatedbStmt: (_value, position) => unsupported('CREATE DATABASE', position),
  DropdbStmt: (_value, position) => unsupported('DROP DATABASE', position),
  CreateTrigStmt: (_value, position) => unsupported('CREATE TRIGGER', position),
  CreateEnumStmt: (_value, position) => unsupported('CREATE TYPE', position),
  CompositeTypeStmt: (_value, position) => unsupported('CREATE TYPE', position),
  CreateRangeStmt: (_value, position) => unsupported('CREATE TYPE', position),
  RefreshMatViewStmt: (_value, position) => unsupported('REFRESH MATERIALIZED VIEW', position),
  ConstraintsSetStmt: (_value, position) => unsupported('SET CONSTRAINTS', position),
}

/** Converts a statement that starts at `position`. */
export function convertStatement(node: Node, position: number, context: ConvertContext): Statement {
  const tag = must(tagOf(node), 'a statement has a tag')
  const convert = converters[tag] as Converter<NodeTag> | undefined
  return convert === undefined
    ? unsupported(tagWords(tag), position)
    : convert(contentOf(node, tag) as never, position, context)
}

function unsupported(command: string, position: number): Statement {
  return { kind: 'unsupported', command: command.toUpperCase(), position }
}

/** CreateFunctionStmt → 'CREATE FUNCTION'. */
function tagWords(tag: string): string {
  return tag.replace(/Stmt$/, '').replaceAll(/([a-z])([A-Z])/g, '$1 $2')
}
