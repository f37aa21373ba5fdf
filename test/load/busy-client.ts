/**
 * A client that works all the time, as an application would: simple and prepared statements, COPY, cursors,
 * transactions, errors, cancels, reconnects. It keeps to rows of its own, leaves none behind, and accepts no
 * answer but the right one.
 */

import { strict as assert } from 'node:assert'
import { serialize } from 'pg-protocol'
import type { Choices } from '../server/pgwire/random-messages.ts'
import { cancelRequest, startup, summary, WireClient } from '../support/wire-client.ts'

export const busyTable = 'CREATE TABLE busy (id int PRIMARY KEY, v text)'
/** Ids of one client. */
const OWN_IDS = 1000
const RETRY_MS = 3000

export class BusyClient {
  /** Activities that were completed. */
  progress = 0
  readonly #port: number
  readonly #choices: Choices
  readonly #firstId: number
  #client: WireClient
  #key: Buffer = Buffer.alloc(0)

  private constructor(port: number, index: number, choices: Choices, client: WireClient) {
    this.#port = port
    this.#firstId = index * OWN_IDS
    this.#choices = choices
    this.#client = client
  }

  static async start(port: number, index: number, choices: Choices): Promise<BusyClient> {
    const busy = new BusyClient(port, index, choices, await WireClient.open(port))
    await busy.#login()
    return busy
  }

  /** One activity; rejects when an answer is not the right one. */
  async work(): Promise<void> {
    await this.#activity()
    this.progress++
  }

  close(): void {
    this.#client.close()
  }

  #activity(): Promise<void> {
    const kind = this.#choices.below(100)
    if (kind < 30) return this.#simple()
    if (kind < 55) return this.#prepared()
    if (kind < 70) return this.#transaction()
    if (kind < 80) return this.#copy()
    if (kind < 88) return this.#cursor()
    if (kind < 93) return this.#error()
    if (kind < 96) return this.#cancel()
    return this.#reconnect()
  }

  async #simple(): Promise<void> {
    await this.#ask('SELECT 1; SELECT 2', 'T(1) D C(SELECT 1) T(1) D C(SELECT 1) Z(I)')
    await this.#ask('SELECT g FROM generate_series(1, 100) g', 'T(1) D*100 C(SELECT 100) Z(I)')
  }

  async #prepared(): Promise<void> {
    for (let times = 0; times < 3; times++) {
      await this.#client.send(
        Buffer.concat([
          serialize.bind({ statement: 'kept', values: [String(times)], binary: true }),
          serialize.describe({ type: 'P' }),
          serialize.execute({}),
          serialize.sync(),
        ]),
      )
      assert.equal(summary(await this.#client.readUntilReady()), '2 T(1) D C(SELECT 1) Z(I)')
    }
  }

  async #transaction(): Promise<void> {
    const id = this.#firstId
    await this.#ask('BEGIN', 'C(BEGIN) Z(T)')
    await this.#ask(`INSERT INTO busy VALUES (${id}, 'a'), (${id + 1}, 'b')`, 'C(INSERT 0 2) Z(T)')
    await this.#ask('SAVEPOINT s', 'C(SAVEPOINT) Z(T)')
    await this.#ask('SELECT 1 / 0', 'T(1) E(22012) Z(E)', 'E(22012) Z(E)')
    await this.#ask('ROLLBACK TO s', 'C(ROLLBACK) Z(T)')
    await this.#ask(`UPDATE busy SET v = 'c' WHERE id = ${id}`, 'C(UPDATE 1) Z(T)')
    if (this.#choices.chance(50)) return this.#ask('ROLLBACK', 'C(ROLLBACK) Z(I)')
    await this.#ask('COMMIT', 'C(COMMIT) Z(I)')
    await this.#deleteOwn(2)
  }

  async #copy(): Promise<void> {
    const count = 1 + this.#choices.below(200)
    const rows = Array.from({ length: count }, (_, row) => `${this.#firstId + row}\tcopied\n`)
    await this.#client.send(
      Buffer.concat([
        serialize.query('COPY busy FROM STDIN'),
        serialize.copyData(Buffer.from(rows.join(''))),
        serialize.copyDone(),
      ]),
    )
    assert.equal(summary(await this.#client.readUntilReady()), `G C(COPY ${count}) Z(I)`)
    await this.#client.send(serialize.query(`COPY (SELECT v FROM busy WHERE ${this.#own}) TO STDOUT`))
    const copied = await this.#client.readUntilReady()
    assert.equal(copied.filter(({ type }) => type === 'd').length, count)
    await this.#deleteOwn(count)
  }

  async #cursor(): Promise<void> {
    await this.#ask('BEGIN', 'C(BEGIN) Z(T)')
    const query = 'SELECT g FROM generate_series(1, 10000) g'
    await this.#ask(`DECLARE c CURSOR FOR ${query}`, 'C(DECLARE CURSOR) Z(T)')
    for (let times = this.#choices.below(4); times > 0; times--) {
      await this.#ask('FETCH 50 FROM c', 'T(1) D*50 C(FETCH 50) Z(T)')
    }
    await this.#ask('COMMIT', 'C(COMMIT) Z(I)')
  }

  async #error(): Promise<void> {
    await this.#ask('SELECT nope', 'E(42703) Z(I)')
    await this.#ask('SELEC 1', 'E(42601) Z(I)')
  }

  async #cancel(): Promise<void> {
    const asked = this.#ask('SELECT count(*) FROM generate_series(1, 100000000000)', 'T(1) E(57014) Z(I)')
    await new Promise(resolve => setTimeout(resolve, this.#choices.below(50)))
    const cancels = [sendCancel(this.#port, this.#key)]
    // One that came before the query had no effect. Many at a time would only be in each other's way.
    const timer = setInterval(() => cancels.push(sendCancel(this.#port, this.#key)), RETRY_MS)
    try {
      await asked
    } finally {
      clearInterval(timer)
      // None may hit what comes next.
      await Promise.all(cancels)
    }
  }

  async #reconnect(): Promise<void> {
    await this.#client.send(serialize.end())
    assert.equal(await this.#client.read(), undefined)
    this.#client.close()
    this.#client = await WireClient.open(this.#port)
    await this.#login()
  }

  async #login(): Promise<void> {
    const startMs = performance.now()
    await this.#client.send(startup({ user: 'busy', database: 'dev' }))
    const messages = await this.#client.readUntilReady()
    const key = messages.find(({ type }) => type === 'K')
    const tookMs = performance.now() - startMs
    assert(key !== undefined, `login: "${summary(messages)}" after ${tookMs.toFixed(0)} ms`)
    this.#key = key.body
    await this.#client.send(serialize.parse({ name: 'kept', text: 'SELECT $1::int + 1' }), serialize.sync())
    assert.equal(summary(await this.#client.readUntilReady()), '1 Z(I)')
  }

  get #own(): string {
    return `id >= ${this.#firstId} AND id < ${this.#firstId + OWN_IDS}`
  }

  #deleteOwn(count: number): Promise<void> {
    return this.#ask(`DELETE FROM busy WHERE ${this.#own}`, `C(DELETE ${count}) Z(I)`)
  }

  async #ask(sql: string, ...answers: readonly string[]): Promise<void> {
    await this.#client.send(serialize.query(sql))
    const answer = summary(await this.#client.readUntilReady())
    assert(answers.includes(answer), `${sql}: ${answer}`)
  }
}

async function sendCancel(port: number, key: Buffer): Promise<void> {
  const client = await WireClient.open(port)
  await client.send(cancelRequest(key))
  await client.read()
  client.close()
}
