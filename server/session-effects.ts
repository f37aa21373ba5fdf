/** What functions in expressions may do to their session, and ask of it. */

import type { SessionEffects } from '../executor/expression/evaluation-context.ts'
import { hasPrivilegeAsked } from './auth/privilege-questions.ts'
import { signalSession } from './auth/signal-session.ts'
import { notifyAction } from './notifications.ts'
import type { DatabaseSession } from './session.ts'
import { changeSetting } from './statements/set.ts'

export function effectsOn(session: DatabaseSession): SessionEffects {
  return {
    changeSetting: (name, value, isLocal) => {
      changeSetting(session, name, value, isLocal)
      return session.settings.get(name)
    },
    notify: (channel, payload) => session.transaction.announce(notifyAction(channel, payload)),
    listeningChannels: () => session.listeningChannels,
    notificationQueueUsage: () => session.database.notifications.usage,
    signalSession: (signal, processId) => signalSession(session, signal, processId),
    hasPrivilege: question => hasPrivilegeAsked(session, question),
  }
}
