/**
 * Secrets are planted wherever one can be given, and looked for in everything that comes out: results,
 * notices, errors with all their fields, and the log at its most talkative.
 */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, it } from 'mocha'
import pg from 'pg'
import { pino } from 'pino'
import type { Relation, RelationId } from '../../../planner/catalog.ts'
import { makeVerifier } from '../../../server/auth/scram-verifier.ts'
import { Database } from '../../../server/database.ts'
import { queryRows } from './support.ts'

const main = fileURLToPath(new URL('../../../server/main.js', import.meta.url))
const secret = (index: number) => `hush${index}hush`
const anySecret = /hush\d+hush/

const kafka = "connector = 'kafka', topic = 't', properties.bootstrap.server = '127.0.0.1:1'"
const format = 'FORMAT PLAIN ENCODE JSON'

/** Each fails or succeeds; none may repeat what is secret in it. */
const statements: readonly string[] = [
  `CREATE ROLE planted PASSWORD '${secret(1)}'`,
  `CREATE ROLE planted PASSWORD '${secret(2)}'`,
  `ALTER ROLE planted ENCRYPTED PASSWORD '${secret(3)}'`,
  `ALTER USER planted WITH PASSWORD E'${secret(4)}\\''`,
  `ALTER ROLE planted PASSWORD $$${secret(5)}$$`,
  `ALTER ROLE nobody PASSWORD '${secret(6)}'`,
  `CREATE USER other PASSWORD '${secret(7)}' LOGIN LOGIN`,
  `CREATE USER other PASSWORD '${secret(8)}' VALID UNTIL 'never'`,
  `CREATE USER other PASSWORD '${secret(9)}' CONNECTION LIMIT -7`,
  `CREATE USER other PASSWORD '${secret(10)}' NONSENSE`,
  `BEGIN; CREATE USER other PASSWORD '${secret(11)}'`,
  'ROLLBACK',
  `CREATE SOURCE s (a int) WITH (${kafka}, properties.security.protocol = 'SASL_PLAINTEXT',
     properties.sasl.mechanism = 'PLAIN', properties.sasl.username = 'u',
     properties.sasl.password = '${secret(12)}') ${format}`,
  `CREATE SOURCE s (a int) WITH (${kafka}, properties.security.protocol = 'SSL',
     properties.ssl.key.pem = '${secret(13)}', properties.ssl.certificate.pem = 'x') ${format}`,
  `CREATE SOURCE s (a int) WITH (${kafka}, properties.sasl.password = '${secret(14)}',
     properties.sasl.password = '${secret(15)}') ${format}`,
  `CREATE SOURCE s (a int) WITH (${kafka}, my.token = '${secret(16)}') ${format}`,
  `CREATE SOURCE s (a int) WITH (${kafka}, properties.sasl.jaas.config = '${secret(17)}') ${format}`,
  `CREATE SOURCE s (a int) WITH (connector = 'nowhere', password = '${secret(18)}') ${format}`,
  `CREATE SINK k FROM pg_type WITH (${kafka}, properties.sasl.password = '${secret(19)}') ${format}`,
  `CREATE SINK k AS SELECT 1 AS a WITH (connector = 'blackhole', credential = '${secret(20)}')`,
  `EXPLAIN CREATE SOURCE s (a int) WITH (${kafka}, properties.sasl.password = '${secret(21)}') ${format}`,
  `PREPARE p AS ALTER ROLE planted PASSWORD '${secret(22)}'`,
]

describe('secrets', function () {
  this.timeout(30_000)
  const folder = mkdtempSync(join(tmpdir(), 'millrace-secrets-'))
  let stop: (() => Promise<string>) | undefined
  afterEach(async () => {
    await stop?.()
    stop = undefined
  })
  after(() => rmSync(folder, { recursive: true }))

  /** A server that logs all it can; `stop` resolves with everything it printed. */
  async function start(config: string, environment: NodeJS.ProcessEnv): Promise<number> {
    const path = join(folder, 'millrace.toml')
    writeFileSync(path, config)
    const args = [main, 'start', '--port', '0', '--log-level', 'trace', '--config', path]
    const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'], ...environment } })
    let printed = ''
    child.stdout.on('data', chunk => (printed += chunk))
    child.stderr.on('data', chunk => (printed += chunk))
    const closed = once(child, 'close')
    stop = async () => {
      child.kill('SIGHUP')
      child.kill('SIGTERM')
      await closed
      return printed
    }
    for (;;) {
      const match = /ready postgres:\/\/127\.0\.0\.1:(\d+)\/dev\n/.exec(printed)
      if (match !== null) return Number(match[1])
      await Promise.race([once(child.stdout, 'data'), closed.then(() => assert.fail(printed))])
    }
  }

  it('are in nothing that a server says or logs', async () => {
    const verifier = await makeVerifier(secret(30))
    const role = (name: string, password: string) => `[[role]]\nname = "${name}"\npassword = "${password}"\n`
    const config = role('ada', secret(31)) + role('bob', verifier)
    const port = await start(config, { MILLRACE_ROOT_PASSWORD: secret(32) })
    const heard: string[] = []
    const connect = async (user: string, password: string) => {
      const client = new pg.Client({ host: '127.0.0.1', port, user, password, database: 'dev' })
      client.on('notice', notice => heard.push(everything(notice)))
      await client.connect().catch((error: unknown) => heard.push(everything(error)))
      return client
    }
    await connect('ada', secret(33))
    await connect('eve', secret(34))
    const root = await connect('root', secret(32))
    const watcher = await connect('root', secret(32))
    for (const text of statements) {
      for (const query of [{ text }, { text, values: [] }]) {
        const answer = await root.query(query).catch((error: unknown) => error)
        heard.push(everything(answer))
        const { rows } = await watcher.query('SELECT * FROM pg_stat_activity')
        heard.push(everything(rows))
      }
    }
    for (const relation of ['relations', 'sources', 'sinks', 'jobs', 'models']) {
      heard.push(everything((await root.query(`SELECT * FROM stream_catalog.${relation}`)).rows))
    }
    heard.push(everything((await root.query('SHOW ALL')).rows))
    await root.end()
    await watcher.end()
    const printed = await stop!()
    assert(heard.some(text => text.includes('cannot reach Kafka')))
    assert(heard.some(text => text.includes("ALTER ROLE planted ENCRYPTED PASSWORD '********'")))
    assert(printed.includes('password authentication failed'))
    const verifierKeys = verifier.split('$')[2]!
    for (const text of [...heard, ...printed.split('\n')]) {
      assert.doesNotMatch(text, anySecret)
      assert(!text.includes(verifierKeys), text)
    }
  })

  it('are in no definition that is shown', async () => {
    const database = await Database.open({ logger: pino({ level: 'silent' }) })
    try {
      const definition = statements.find(text => text.includes(secret(12)))!
      const id = database.store.allocateOid()
      const shared = { schemaName: 'public', name: 's', definition, dependsOn: [] }
      const source: Relation = {
        ...{ ...shared, id: id as RelationId, kind: 'source', schema: [], primaryKey: [], appendOnly: true },
        ...{ watermark: undefined, defaults: [], view: undefined },
      }
      const sink = { ...shared, id: id + 1, name: 'k', connector: 'kafka' }
      database.store.put(
        { kind: 'relation', object: source, owner: undefined, connector: 'kafka' },
        { kind: 'sink', object: sink },
      )
      const session = database.connectEmbedded()
      for (const text of [
        'SHOW CREATE SOURCE s',
        'SHOW CREATE SINK k',
        'SELECT definition FROM stream_catalog.relations',
        'SELECT definition FROM stream_catalog.sources',
        'SELECT definition FROM stream_catalog.sinks',
      ]) {
        const shown = everything(await queryRows(session, text))
        assert.match(shown, /properties\.sasl\.password = '\*{8}'/, text)
        assert.doesNotMatch(shown, anySecret, text)
      }
    } finally {
      await database.close()
    }
  })
})

/** A value with all its fields, those of errors too. */
function everything(value: unknown): string {
  const fields = value instanceof Error ? { ...value, message: value.message, stack: value.stack } : value
  return (
    JSON.stringify(fields, (_key, part: unknown) => (typeof part === 'bigint' ? String(part) : part)) ?? ''
  )
}
