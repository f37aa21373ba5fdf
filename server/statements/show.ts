/** SHOW of settings and objects, DESCRIBE, SHOW CREATE. */

import { field } from '../../planner/schema.ts'
import type { ShowStatement } from '../../planner/sql/ast.ts'
import { textType } from '../../planner/types.ts'
import type { PlannedStatement, Planning } from '../planned-statement.ts'
import { findSetting } from '../settings/definitions.ts'
import { unknownSetting } from '../settings/session-settings.ts'
import { valuesStatement } from '../value-rows.ts'
import { planDescribe, planShowCreate } from './describe.ts'
import { planShowObjects } from './show-objects.ts'

export function planShow({ target }: ShowStatement, planning: Planning): PlannedStatement {
  switch (target.kind) {
    case 'variable':
      return target.name === 'all' ? showAll() : showVariable(target.name)
    case 'objects':
      return planShowObjects(target, planning)
    case 'columns':
      return planDescribe(target.table)
    case 'create':
      return planShowCreate(target.object, target.table)
  }
}

const tag = () => 'SHOW'

function showVariable(name: string): PlannedStatement {
  const definition = findSetting(name)
  if (definition === undefined) throw unknownSetting(name)
  const schema = [field(definition.name, textType)]
  return valuesStatement(schema, tag, ({ session }) => [[session.settings.get(name)]])
}

function showAll(): PlannedStatement {
  const schema = [field('name', textType), field('setting', textType), field('description', textType)]
  return valuesStatement(schema, tag, ({ session }) =>
    session.settings.entries().map(([name, value]) => [name, value, '']),
  )
}
