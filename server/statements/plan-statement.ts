/**
 * From a statement's syntax tree to the file that executes it. A new statement is a file here and a line
 * below.
 */

import { unreachable } from '../../planner/assert.ts'
import { notSupported } from '../../planner/errors.ts'
import type { Statement } from '../../planner/sql/ast.ts'
import type { Steps } from '../../planner/steps.ts'
import type { PlannedStatement, Planning } from '../planned-statement.ts'
import { planComment, planVacuum } from './accepted.ts'
import { planAlterSettings } from './alter-settings.ts'
import { planCopy } from './copy.ts'
import { planCreateMaterializedView } from './create-materialized-view.ts'
import { planCreateModel } from './create-model.ts'
import { planCreateSchema } from './create-schema.ts'
import { planCreateSink } from './create-sink.ts'
import { planCreateSource } from './create-source.ts'
import { planCreateTable } from './create-table.ts'
import { planCreateView } from './create-view.ts'
import { planClose, planDeclareCursor, planFetch } from './cursors.ts'
import { planAlterDefaultPrivileges } from './default-privileges.ts'
import { planDiscard } from './discard.ts'
import { planDrop } from './drop.ts'
import { planDropOwned } from './drop-owned.ts'
import { planExplain } from './explain.ts'
import { planFlush } from './flush.ts'
import { planGrant } from './grant.ts'
import { planLockTable } from './lock-table.ts'
import { planNotify } from './notify.ts'
import { planAlterOwner, planReassignOwned } from './owner.ts'
import { planDeallocate, planExecute, planPrepare } from './prepare.ts'
import { planQuery } from './query.ts'
import { planAlterRole, planCreateRole, planDropRole, planRenameRole } from './role.ts'
import { planGrantRole } from './role-membership.ts'
import { planReset, planSet } from './set.ts'
import { planShow } from './show.ts'
import { planSubscribe } from './subscribe.ts'
import { planTransaction } from './transaction.ts'
import { planTruncate } from './truncate.ts'
import { planWrite } from './write.ts'

/** Throws the errors of binding and planning; what happens at run time comes from `run`. */
export function* planStatement(statement: Statement, planning: Planning): Steps<PlannedStatement> {
  switch (statement.kind) {
    case 'select':
      return yield* planQuery(statement, planning)
    case 'insert':
    case 'update':
    case 'delete':
      return yield* planWrite(statement, planning)
    case 'transaction':
      return planTransaction(statement)
    case 'set':
      return planSet(statement)
    case 'reset':
      return planReset(statement)
    case 'show':
      return planShow(statement, planning)
    case 'explain':
      return yield* planExplain(statement, planning)
    case 'flush':
      return planFlush()
    case 'discard':
      return planDiscard(statement)
    case 'subscribe':
      return yield* planSubscribe(statement, planning)
    case 'copy':
      return yield* planCopy(statement, planning)
    case 'declare_cursor':
      return yield* planDeclareCursor(statement, planning)
    case 'fetch':
      return planFetch(statement, planning)
    case 'close':
      return planClose(statement)
    case 'prepare':
      return planPrepare(statement, planning)
    case 'execute':
      return planExecute(statement, planning)
    case 'deallocate':
      return planDeallocate(statement)
    case 'listen':
    case 'notify':
    case 'unlisten':
      return planNotify(statement)
    case 'truncate':
      return yield* planTruncate(statement, planning)
    case 'lock_table':
      return planLockTable(statement, planning)
    case 'comment':
      return planComment(statement)
    case 'vacuum':
      return planVacuum(statement)
    default:
      return planDefinition(statement, planning)
  }
}

type DefinitionKind =
  | UnsupportedKind
  | 'create_table'
  | 'create_source'
  | 'create_sink'
  | 'create_view'
  | 'create_materialized_view'
  | 'create_model'
  | 'create_schema'
  | 'drop'
  | 'create_role'
  | 'alter_role'
  | 'alter_settings'
  | 'rename_role'
  | 'drop_role'
  | 'grant'
  | 'alter_default_privileges'
  | 'alter_owner'
  | 'reassign_owned'
  | 'drop_owned'
  | 'grant_role'

/** Statements that change the catalog. */
function planDefinition(
  statement: Statement & { readonly kind: DefinitionKind },
  planning: Planning,
): PlannedStatement {
  switch (statement.kind) {
    case 'create_table':
      return planCreateTable(statement, planning)
    case 'create_source':
      return planCreateSource(statement, planning)
    case 'create_sink':
      return planCreateSink(statement, planning)
    case 'create_view':
      return planCreateView(statement, planning)
    case 'create_materialized_view':
      return planCreateMaterializedView(statement, planning)
    case 'create_model':
      return planCreateModel(statement, planning)
    case 'create_schema':
      return planCreateSchema(statement, planning)
    case 'drop':
      return planDrop(statement, planning)
    case 'create_role':
      return planCreateRole(statement, planning)
    case 'alter_role':
      return planAlterRole(statement, planning)
    case 'alter_settings':
      return planAlterSettings(statement, planning)
    case 'rename_role':
      return planRenameRole(statement, planning)
    case 'drop_role':
      return planDropRole(statement, planning)
    case 'grant':
      return planGrant(statement, planning)
    case 'alter_default_privileges':
      return planAlterDefaultPrivileges(statement, planning)
    case 'alter_owner':
      return planAlterOwner(statement, planning)
    case 'reassign_owned':
      return planReassignOwned(statement, planning)
    case 'drop_owned':
      return planDropOwned(statement, planning)
    case 'grant_role':
      return planGrantRole(statement, planning)
    default:
      return planUnsupported(statement)
  }
}

type UnsupportedKind = 'alter_model' | 'create_table_as' | 'create_index' | 'unsupported'

function planUnsupported(statement: Statement & { readonly kind: UnsupportedKind }): PlannedStatement {
  switch (statement.kind) {
    case 'create_table_as':
      throw notSupported('CREATE TABLE AS', {
        hint: 'Use CREATE TABLE and INSERT … SELECT, or CREATE MATERIALIZED VIEW.',
      })
    case 'alter_model':
      throw notSupported('ALTER MODEL')
    case 'create_index':
      throw notSupported('CREATE INDEX')
    case 'unsupported':
      throw notSupported(statement.command)
    default:
      return unreachable(statement)
  }
}
