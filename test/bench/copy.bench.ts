/**
 * Guards COPY FROM STDIN: rows/s of the reader alone, per format, and of a server process that stores 1 M
 * rows × 5 columns (bigint, int, double precision, text, timestamptz) from a socket.
 *
 *     npm run build && node dist/test/bench/copy.bench.js
 *
 * 2026-11-21, two cores shared with other work, M rows/s: reader text 1.8 to 2.1, csv 1.5 to 1.7; server 1.2,
 * with a primary key 0.8.
 */

import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { serialize } from 'pg-protocol'
import type { Relation, RelationId } from '../../planner/catalog.ts'
import { field } from '../../planner/schema.ts'
import { float8Type, int4Type, int8Type, textType, timestamptzType } from '../../planner/types.ts'
import { copyOptions } from '../../server/copy/copy-options.ts'
import { CopyReader } from '../../server/copy/copy-reader.ts'
import { MessageCounter } from '../support/message-counter.ts'
import { ServerProcess } from '../support/server-process.ts'
import { frame, startup } from '../support/wire-client.ts'
import { context, randomNumbers } from './engine-bench.ts'

const ROWS = 1_000_000
const ROUNDS = 5
const CHUNK_BYTES = 64 * 1024

const schema = [
  field('id', int8Type, true),
  field('n', int4Type, true),
  field('x', float8Type, true),
  field('s', textType, true),
  field('at', timestamptzType, true),
]
const table: Relation = {
  id: 1 as RelationId,
  schemaName: 'public',
  name: 't',
  kind: 'table',
  schema,
  primaryKey: [],
  appendOnly: false,
  watermark: undefined,
  defaults: schema.map(() => undefined),
  view: undefined,
  definition: '',
  dependsOn: [],
}

function rowsAsText(delimiter: string): Buffer {
  const random = randomNumbers(7)
  const start = Date.UTC(2026, 0, 1)
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const at = new Date(start + row * 100).toISOString().replace('T', ' ').replace('Z', '+00')
    return [row * 1000, random() % 1_000_000, row / 1000, `sensor-${random() % 10_000}`, at].join(delimiter)
  })
  return Buffer.from(`${lines.join('\n')}\n`)
}

function chunksOf(data: Buffer): Buffer[] {
  return Array.from({ length: Math.ceil(data.length / CHUNK_BYTES) }, (_, index) => {
    return data.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES)
  })
}

function median(times: readonly number[]): number {
  return times.toSorted((left, right) => left - right)[times.length >> 1]!
}

function report(name: string, ms: number): void {
  process.stdout.write(`${name.padEnd(22)} ${(ROWS / ms / 1000).toFixed(2)} M rows/s\n`)
}

function reportReader(format: 'text' | 'csv', data: Buffer): void {
  const options = copyOptions([{ name: 'format', value: format, list: undefined, position: 0 }], true)
  const target = { table, columns: schema.map((_, index) => index), where: undefined }
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now()
    const reader = new CopyReader(target, options, context)
    for (const chunk of chunksOf(data)) reader.write(chunk)
    reader.finish()
    return performance.now() - start
  })
  report(`reader ${format}`, median(times))
}

/** Sends `bytes` and reads until a message of this type. */
function exchange(socket: Socket, bytes: Buffer, last: string): Promise<void> {
  const counter = new MessageCounter()
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      counter.push(chunk)
      if (counter.count('E') > 0) reject(new Error(chunk.toString('latin1')))
      if (counter.count(last) === 0) return
      socket.off('data', onData)
      resolve()
    }
    socket.on('data', onData)
    socket.write(bytes)
  })
}

async function reportServer(name: string, definition: string, data: Buffer): Promise<void> {
  const frames = Buffer.concat([...chunksOf(data).map(chunk => frame('d', chunk)), frame('c')])
  const server = await ServerProcess.start()
  const socket = connect(server.port, '127.0.0.1')
  try {
    await exchange(socket, startup({ user: 'root', database: 'dev' }), 'Z')
    const times: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      await exchange(socket, serialize.query(`DROP TABLE IF EXISTS t; ${definition}`), 'Z')
      const start = performance.now()
      await exchange(socket, serialize.query('COPY t FROM STDIN'), 'G')
      await exchange(socket, frames, 'Z')
      times.push(performance.now() - start)
    }
    report(`server ${name}`, median(times))
  } finally {
    socket.destroy()
    await server.stop()
  }
}

const text = rowsAsText('\t')
reportReader('text', text)
reportReader('csv', rowsAsText(','))
const columns = 'n int, x double precision, s text, at timestamptz'
await reportServer('text', `CREATE TABLE t (id bigint, ${columns})`, text)
await reportServer('text, key', `CREATE TABLE t (id bigint PRIMARY KEY, ${columns})`, text)
