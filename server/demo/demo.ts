/**
 * `millrace demo`: a server with live data. Telemetry of 200 servers is written a minute of event time per
 * second; the views of examples/datacentre/datacentre.sql keep themselves current; the terminal shows the
 * worst servers, and psql can look inside meanwhile.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Millrace } from '../embedded/millrace.ts'
import { renderScreen, type Screen } from './screen.ts'
import { DataCentre, REPORT_SECONDS } from './telemetry.ts'

export interface DemoOptions {
  readonly database: Millrace
  readonly url: string
  /** Where the screen is drawn: redrawn in place on a terminal, appended otherwise. */
  readonly out: NodeJS.WriteStream
  /** Ends the demo. */
  readonly signal: AbortSignal
}

/** The folder of the demo's SQL and model. */
export const demoFolder: string = join(import.meta.dirname, '../../../examples/datacentre')

const MINUTES_PER_SECOND = 1
const SCREEN_MS = 500

/** Runs until the signal. */
export async function runDemo(options: DemoOptions): Promise<void> {
  await options.database.exec(demoSql(demoFolder))
  const feeding = feed(options)
  const drawing = draw(options)
  await Promise.all([feeding, drawing])
}

/** The example's statements with the model's path made absolute. */
export function demoSql(folder: string): string {
  const text = readFileSync(join(folder, 'datacentre.sql'), 'utf8')
  const model = join(folder, 'anomaly.onnx').replaceAll("'", "''")
  return text.replace("'anomaly.onnx'", `'${model}'`)
}

/** Writes reports, paced so that event time runs MINUTES_PER_SECOND. */
async function feed({ database, signal }: DemoOptions): Promise<void> {
  const centre = new DataCentre(Date.now() & 0x7fffffff)
  const startMs = Math.floor(Date.now() / 60_000) * 60_000
  const stepMs = (REPORT_SECONDS * 1000) / (60 * MINUTES_PER_SECOND)
  const startedAt = performance.now()
  for (let step = 0; !signal.aborted; step++) {
    const ts = new Date(startMs + step * REPORT_SECONDS * 1000)
    const rows = centre
      .report(ts.getTime() / 1000)
      .map(({ server, rack, temperature, power, load, network }) => ({
        server,
        rack,
        ts,
        temperature,
        power,
        load,
        network,
      }))
    await database.insert('telemetry', rows)
    await sleepUntil(startedAt + (step + 1) * stepMs, signal)
  }
}

async function draw({ database, url, out, signal }: DemoOptions): Promise<void> {
  while (!signal.aborted) {
    await sleepUntil(performance.now() + SCREEN_MS, signal)
    const screen = await readScreen(database, url)
    if (screen !== undefined) out.write(renderScreen(screen, out.isTTY === true))
  }
}

async function readScreen(database: Millrace, url: string): Promise<Screen | undefined> {
  const {
    rows: [totals],
  } = await database.query<{ readings: number; minute: Date | null }>(
    'SELECT count(*) * 12 AS readings, max(minute) AS minute FROM scores',
  )
  if (totals === undefined || totals.minute === null) return undefined
  const worst = await database.query<Screen['worst'][number]>(
    `SELECT server, rack, score, temperature, power, load, network FROM scores
     WHERE minute = $1 ORDER BY score DESC LIMIT 10`,
    [totals.minute],
  )
  const alerts = await database.query<Screen['alerts'][number]>(
    'SELECT minute, server, rack, score FROM alerts ORDER BY minute DESC, score DESC LIMIT 5',
  )
  return { url, readings: totals.readings, minute: totals.minute, worst: worst.rows, alerts: alerts.rows }
}

async function sleepUntil(timeMs: number, signal: AbortSignal): Promise<void> {
  const waitMs = timeMs - performance.now()
  if (waitMs <= 0) return
  await sleep(waitMs, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
