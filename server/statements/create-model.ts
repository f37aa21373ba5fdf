/** CREATE MODEL m FROM 'file.onnx': a model becomes a typed function. */

import { orAborted } from '../../executor/runtime/cancellation.ts'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { CreateModelStatement } from '../../planner/sql/ast.ts'
import type { ProviderChoice } from '../../udf/onnx/model-registry.ts'
import { currentRole } from '../auth/current-role.ts'
import type { PlannedStatement, Planning } from '../planned-statement.ts'
import type { DdlScope, NewName } from './ddl.ts'
import { ddl, newName, optionMap } from './ddl.ts'

const providers: readonly ProviderChoice[] = ['auto', 'cpu', 'cuda', 'webgpu']

export function planCreateModel(statement: CreateModelStatement, planning: Planning): PlannedStatement {
  if (statement.orReplace) throw notSupported('CREATE OR REPLACE MODEL')
  const provider = providerOf(statement)
  return ddl('CREATE MODEL', planning, async scope => {
    if (!currentRole(scope.session).superuser) throw mustBeSuperuser()
    const name = newName(scope, 'model', statement.model, statement.ifNotExists)
    if (name !== undefined) await loadModel(scope, name, statement.path, provider)
  })
}

/** The file is read with the rights of the server's own user. */
function mustBeSuperuser(): SqlError {
  return new SqlError(
    SqlState.insufficientPrivilege,
    'must be superuser to create a model from a file of the server',
  )
}

async function loadModel(
  scope: DdlScope,
  name: NewName,
  path: string,
  provider: ProviderChoice,
): Promise<void> {
  const { database, definition } = scope
  const id = database.store.allocateOid()
  // Versions are unique in the database, so that models of one name in two schemas stay apart.
  const loading = database.models.load(name.name, id, path, provider)
  const loaded = await orAborted(loading, scope.signal)
  const { inputs, returns } = loaded
  for (const refusal of loaded.refusals) {
    scope.session.notice({
      severity: 'INFO',
      code: SqlState.successfulCompletion,
      message: `model "${name.name}" does not use ${refusal}`,
    })
  }
  const object = { id, ...name, version: id, inputs, returns, definition }
  database.store.put({ kind: 'model', object, path, provider: loaded.provider })
}

function providerOf({ options }: CreateModelStatement): ProviderChoice {
  let chosen: ProviderChoice = 'auto'
  for (const [name, value] of optionMap(options)) {
    if (name !== 'provider') {
      throw new SqlError(SqlState.invalidParameterValue, `unknown option "${name}" for a model`)
    }
    const found = providers.find(provider => provider === value.toLowerCase())
    if (found === undefined) {
      throw new SqlError(SqlState.invalidParameterValue, `invalid value for option "provider": "${value}"`, {
        hint: `It must be one of ${providers.join(', ')}.`,
      })
    }
    chosen = found
  }
  return chosen
}
