/**
 * has_table_privilege and its kin. Role, object and column may each be given by name or by OID, and the role
 * may be left out: each combination is an overload, as in PostgreSQL.
 */

import { notSupported } from '../../planner/errors.ts'
import type { DataType } from '../../planner/types.ts'
import { boolType, int2Type, nameType, oidType, textType } from '../../planner/types.ts'
import type { EvaluationContext, PrivilegeQuestion } from '../expression/evaluation-context.ts'
import { defineFunction } from './define.ts'
import type { ScalarFunction } from './scalar-function.ts'

type Given = string | number

/** Makes the question from what comes between the role and the privilege. */
type Subject = (...given: readonly Given[]) => PrivilegeQuestion['on']

const objectTypes: readonly (readonly DataType[])[] = [[textType], [oidType]]
const columnTypes = objectTypes.flatMap(object => [
  [...object, textType],
  [...object, int2Type],
])
const roleTypes: readonly (readonly DataType[])[] = [[nameType], [oidType]]

export const privilegeQuestionFunctions: readonly ScalarFunction[] = [
  ...overloads('has_table_privilege', objectTypes, relation => ({ kind: 'relation', relation: relation! })),
  ...overloads('has_any_column_privilege', objectTypes, relation => {
    return { kind: 'any_column', relation: relation! }
  }),
  ...overloads('has_column_privilege', columnTypes, (relation, column) => {
    return { kind: 'column', relation: relation!, column: column! }
  }),
  ...overloads('has_schema_privilege', objectTypes, name => ({ kind: 'schema', name: name! })),
  ...overloads('has_database_privilege', objectTypes, name => ({ kind: 'database', name: name! })),
  ...overloads('pg_has_role', roleTypes, name => ({ kind: 'role', name: name! })),
]

function overloads(
  name: string,
  subjects: readonly (readonly DataType[])[],
  subject: Subject,
): readonly ScalarFunction[] {
  const traits = { volatility: 'stable' } as const
  return subjects.flatMap(types => {
    const ask = (context: EvaluationContext, role: Given | undefined, given: readonly Given[]) => {
      if (context.effects === undefined) throw notSupported(`${name}() in a streaming query`)
      const privileges = String(given.at(-1))
      return context.effects.hasPrivilege({ role, on: subject(...given), privileges })
    }
    const ofRole = (context: EvaluationContext, role: Given, ...given: Given[]) => ask(context, role, given)
    const own = (context: EvaluationContext, ...given: Given[]) => ask(context, undefined, given)
    return [
      ...roleTypes.map(role => {
        return defineFunction(name, [...role, ...types, textType], boolType, { contextCall: ofRole }, traits)
      }),
      defineFunction(name, [...types, textType], boolType, { contextCall: own }, traits),
    ]
  })
}
