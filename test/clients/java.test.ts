/** pgjdbc, and HikariCP on it: test/clients/java. */

import { javaClients } from './compiled-clients.ts'
import { describeClients } from './describe-clients.ts'

const groups = {
  types: 'writes and reads each type 10 times: text and binary, in every query mode',
  nulls: 'sends and reads NULLs of each type',
  time: 'maps java.time, to the ends of each type',
  arrays: 'maps arrays of each type',
  modes: 'runs several statements in one text',
  fetch: 'fetches in parts',
  batches: 'sends batches, also rewritten ones and failing ones',
  copy: 'copies in and out',
  cancel: 'cancels statements and lets them time out',
  transactions: 'keeps transactions apart',
  autosave: 'goes on in a transaction after an error',
  keys: 'returns generated keys',
  metadata: 'describes results and parameters',
  errors: 'tells errors and notices with their fields',
  notifications: 'listens and notifies',
  settings: 'takes settings from its properties',
  plans: 'prepares again what has changed',
  pool: 'serves a pool of connections',
  jdbc: "knows JDBC's escapes, calls and ways to scroll",
}

describe('pgjdbc', () => {
  describeClients(javaClients, groups, { login: 'logs in, also bound to the channel' })
})
