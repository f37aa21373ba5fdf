/** LISTEN, NOTIFY, UNLISTEN: they take effect at COMMIT. */

import type { NotifyStatement } from '../../planner/sql/ast.ts'
import type { NotificationAction } from '../notifications.ts'
import { notifyAction } from '../notifications.ts'
import type { PlannedStatement } from '../planned-statement.ts'
import { command } from '../planned-statement.ts'

export function planNotify(statement: NotifyStatement): PlannedStatement {
  return command(({ session }) => {
    session.transaction.announce(actionOf(statement))
    return statement.kind.toUpperCase()
  })
}

function actionOf({ kind, channel = '', payload = '' }: NotifyStatement): NotificationAction {
  switch (kind) {
    case 'listen':
      return { kind, channel }
    case 'unlisten':
      return { kind, channel: channel === '' ? undefined : channel }
    case 'notify':
      return notifyAction(channel, payload)
  }
}
