/** pgx and lib/pq: test/clients/go. */

import { goClients } from './compiled-clients.ts'
import { describeClients } from './describe-clients.ts'

const groups = {
  types: 'pgx: writes and reads each type 10 times in each of its modes',
  arrays: 'pgx: maps arrays of each type',
  batches: 'pgx: sends batches and pipelines, also failing ones',
  copy: 'pgx: copies in binary and text',
  transactions: 'pgx: keeps transactions apart, and nests them',
  notifications: 'pgx: waits for notifications',
  cancel: 'pgx: cancels statements',
  plans: 'pgx: prepares again what has changed',
  large: 'pgx: sends large and many parameters',
  errors: 'pgx: tells errors and notices with their fields',
  pool: 'pgx: serves a pool of connections',
  rows: 'pgx: reads long results, and picks servers by what they are',
  stdlib: 'pgx: is a driver of database/sql',
  pq: 'lib/pq: queries, prepares and reports errors',
  'pq-types': 'lib/pq: writes and reads each type 10 times, also with binary parameters',
  'pq-copy': 'lib/pq: copies in',
  'pq-transactions': 'lib/pq: keeps transactions apart',
  'pq-listener': 'lib/pq: listens',
  'pq-cancel': 'lib/pq: cancels statements',
}

const logins = { login: 'pgx: logs in', 'pq-login': 'lib/pq: logs in' }

describe('Go clients', () => {
  describeClients(goClients, groups, logins)
})
