/** Our server without a network: a connection for each client, over one database. */

import type { Peer } from '../../../../server/auth/hba.ts'
import type { Database } from '../../../../server/database.ts'
import { Connection, type ConnectionHost } from '../../../../server/pgwire/connection.ts'
import { wireLimits } from '../../../../server/pgwire/limits.ts'
import { MessageMemory } from '../../../../server/pgwire/message-memory.ts'
import type { Session } from '../../../../server/session-contract.ts'
import { WireClient } from '../../../support/wire-client.ts'
import { memorySockets } from './memory-sockets.ts'
import type { Target } from './run-script.ts'
import { scriptLogin } from './targets.ts'

/** `internalErrors` gets what would be logged as bugs. Cancel secrets are not checked. */
export function memoryTarget(database: Database, internalErrors: unknown[]): Target {
  const limits = wireLimits()
  const sessions = new Map<number, Session>()
  const host: ConnectionHost = {
    limits,
    memory: new MessageMemory(limits.inFlightBytesMax),
    authenticate: (startup, peer) => database.authenticator.start(startup, peer),
    connect: async startup => database.connect(startup),
    createSlicer: () => database.engine.createSlicer(),
    admit() {},
    cancel: processId => sessions.get(processId)?.cancel(),
    register: (_connection, session, { minorVersion }) => {
      sessions.set(session.processId, session)
      return Buffer.alloc(minorVersion >= 2 ? 32 : 4)
    },
    reportInternalError: error => internalErrors.push(error),
  }
  return {
    ...scriptLogin,
    connect: async isLocal => {
      const [server, client] = memorySockets()
      new Connection(server, peerOf(isLocal), host)
      return new WireClient(client)
    },
  }
}

function peerOf(isLocal: boolean): Peer {
  return {
    address: isLocal ? undefined : '127.0.0.1',
    isEncrypted: false,
    certificate: undefined,
    channelBinding: undefined,
  }
}
