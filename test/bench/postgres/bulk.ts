/** A million rows of five columns: as a result that is only read, and as the data of COPY FROM STDIN. */

import { randomNumbers } from '../engine-bench.ts'
import type { BenchServer } from './bench-server.ts'
import type { Comparison } from './compare.ts'
import { copyData, RawClient } from './raw-client.ts'

const ROWS = 1_000_000

const columns = ['a bigint', 'b double precision', 'c text', 'd timestamptz', 'e numeric(12, 2)']

function definition(key: boolean): string {
  const [first, ...others] = columns
  return `(${[key ? `${first} PRIMARY KEY` : first, ...others].join(', ')})`
}

/** The messages of a COPY FROM STDIN of all rows. */
export function millionRows(): Buffer {
  const random = randomNumbers(7)
  const start = Date.UTC(2026, 0, 1)
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const at = new Date(start + row * 137).toISOString().replace('T', ' ').replace('Z', '+00')
    const price = `${random() % 100_000}.${String(random() % 100).padStart(2, '0')}`
    return [row * 1000, (random() % 1_000_000) / 1000, `sensor-${random() % 10_000}`, at, price].join('\t')
  })
  return copyData(Buffer.from(`${lines.join('\n')}\n`))
}

export async function createResultTable(server: BenchServer, data: Buffer): Promise<void> {
  const client = await RawClient.open(server)
  await client.query(`${server.createTable} results ${definition(false)}`)
  await client.copyIn('COPY results FROM STDIN', data)
  await client.query('VACUUM results')
  client.close()
}

export function results(format: 'text' | 'binary'): Comparison {
  return {
    name: `result, ${format}`,
    unit: 'rows/s',
    goal: 1,
    run: server => withClient(server, client => client.result('SELECT * FROM results', format, ROWS)),
  }
}

export function copies(key: boolean, data: Buffer): Comparison {
  return {
    name: key ? 'COPY IN, primary key' : 'COPY IN',
    unit: 'rows/s',
    goal: 1,
    prepare: async server => {
      const client = await RawClient.open(server)
      await client.query('DROP TABLE IF EXISTS copied')
      await client.query(`${server.createTable} copied ${definition(key)}`)
      client.close()
    },
    run: server => withClient(server, client => client.copyIn('COPY copied FROM STDIN', data)),
  }
}

async function withClient(server: BenchServer, run: (client: RawClient) => Promise<void>) {
  const client = await RawClient.open(server)
  await run(client)
  client.close()
  return { count: ROWS }
}
