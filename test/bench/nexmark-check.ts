/**
 * Checks what the Nexmark queries give against a plain computation over the same messages, read by kafkajs
 * and parsed by JSON.parse. Prints a line per query; fails when one differs.
 *
 *     node nexmark-check.js BROKERS PREFIX
 *
 * Windows that the watermark has not closed at the end of the topic are in neither.
 */

import assert from 'node:assert/strict'
import { Kafka, logLevel } from 'kafkajs'
import { Millrace } from '../../server/index.ts'
import { bidSource, nexmarkQueries } from './nexmark-queries.ts'

interface Bid {
  readonly auction: number
  readonly bidder: number
  readonly price: number
  readonly extra: string
  readonly date_time: string
}

/** Rows as text, in no order. */
type Lines = string[]

const SECOND = 1_000_000
const WATERMARK_DELAY = 4 * SECOND

const [brokers = '', prefix = ''] = process.argv.slice(2)

/** What a view of the query holds; of q0, which passes everything through, sums. */
async function linesOf(query: string): Promise<Lines> {
  const database = await Millrace.create()
  try {
    await database.exec(bidSource(brokers, prefix))
    await database.exec(`CREATE MATERIALIZED VIEW result AS ${viewOf(query)}`)
    const { rows } = await database.query<unknown[]>('SELECT * FROM result', [], { rowMode: 'array' })
    return rows.map(row => row.join(' '))
  } finally {
    await database.close()
  }
}

function viewOf(query: string): string {
  const text = nexmarkQueries[query]!
  if (query === 'q0') {
    return `SELECT count(*) AS rows, sum(auction) AS auctions, sum(bidder) AS bidders, sum(price) AS prices,
        sum(length(extra)) AS lengths, max(date_time)::text AS last
      FROM (${text}) q`
  }
  if (query === 'q17') {
    return `SELECT auction, day, total, rank1, rank2, rank3, low, high, round(average, 3) AS average,
      total_price FROM (${text}) q`
  }
  if (query === 'q12')
    return text.replace('window_start, window_end\n', 'window_start::text, window_end::text\n')
  return text
}

async function compute(): Promise<Readonly<Record<string, Lines>>> {
  const all = new Totals()
  const perTwoSeconds = new Map<number, Map<number, number>>()
  const perTenSeconds = new Map<number, Map<number, number>>()
  const days = new Map<string, Statistics>()
  let last = 0
  await eachBid(bid => {
    const time = microsOf(bid.date_time)
    last = Math.max(last, time)
    all.add(bid)
    count(perTwoSeconds, floor(time, 2 * SECOND), bid.auction)
    count(perTenSeconds, floor(time, 10 * SECOND), bid.bidder)
    const day = `${bid.auction} ${bid.date_time.slice(0, 10)}`
    let statistics = days.get(day)
    if (statistics === undefined) days.set(day, (statistics = new Statistics()))
    statistics.add(bid.price)
  })
  const watermark = last - WATERMARK_DELAY
  return {
    q0: [all.line()],
    q5: hotItems(perTwoSeconds, watermark),
    q12: bidsPerBidder(perTenSeconds, watermark),
    q17: [...days].map(([key, statistics]) => `${key} ${statistics.line()}`),
  }
}

class Totals {
  #rows = 0
  #auctions = 0
  #bidders = 0
  #prices = 0
  #lengths = 0
  #last = ''

  add(bid: Bid): void {
    this.#rows++
    this.#auctions += bid.auction
    this.#bidders += bid.bidder
    this.#prices += bid.price
    this.#lengths += bid.extra.length
    if (bid.date_time > this.#last) this.#last = bid.date_time
  }

  line(): string {
    const sums = [this.#auctions, this.#bidders, this.#prices, this.#lengths]
    return [this.#rows, ...sums, this.#last.replace(/\.?0+$/, '')].join(' ')
  }
}

class Statistics {
  #total = 0
  readonly #ranks = [0, 0, 0]
  #low = Number.POSITIVE_INFINITY
  #high = 0
  #sum = 0

  add(price: number): void {
    this.#total++
    this.#ranks[price < 10_000 ? 0 : price < 1_000_000 ? 1 : 2]!++
    this.#low = Math.min(this.#low, price)
    this.#high = Math.max(this.#high, price)
    this.#sum += price
  }

  line(): string {
    // Thousandths, rounded half up.
    const average = String((BigInt(this.#sum) * 2000n + BigInt(this.#total)) / (BigInt(this.#total) * 2n))
    const digits = average.padStart(4, '0')
    const shown = `${digits.slice(0, -3)}.${digits.slice(-3)}`
    return [this.#total, ...this.#ranks, this.#low, this.#high, shown, this.#sum].join(' ')
  }
}

/** The auctions with the most bids in 10 s, every 2 s. */
function hotItems(slices: ReadonlyMap<number, ReadonlyMap<number, number>>, watermark: number): Lines {
  const windows = new Map<number, Map<number, number>>()
  for (const [slice, counts] of slices) {
    for (let start = slice - 8 * SECOND; start <= slice; start += 2 * SECOND) {
      for (const [auction, bids] of counts) count(windows, start, auction, bids)
    }
  }
  return [...windows].flatMap(([start, counts]) => {
    if (start + 10 * SECOND > watermark) return []
    const most = Math.max(...counts.values())
    return [...counts].flatMap(([auction, bids]) => (bids === most ? [`${auction} ${bids}`] : []))
  })
}

function bidsPerBidder(windows: ReadonlyMap<number, ReadonlyMap<number, number>>, watermark: number): Lines {
  return [...windows].flatMap(([start, counts]) => {
    const end = start + 10 * SECOND
    if (end > watermark) return []
    return [...counts].map(([bidder, bids]) => [bidder, bids, textOf(start), textOf(end)].join(' '))
  })
}

function count(groups: Map<number, Map<number, number>>, group: number, key: number, by = 1): void {
  let counts = groups.get(group)
  if (counts === undefined) groups.set(group, (counts = new Map()))
  counts.set(key, (counts.get(key) ?? 0) + by)
}

function floor(time: number, unit: number): number {
  return Math.floor(time / unit) * unit
}

/** 'YYYY-MM-DD HH:MM:SS.ffffff' */
function microsOf(text: string): number {
  return Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`) * 1000 + Number(text.slice(20).padEnd(6, '0'))
}

function textOf(micros: number): string {
  return new Date(micros / 1000).toISOString().slice(0, 19).replace('T', ' ')
}

async function eachBid(visit: (bid: Bid) => void): Promise<void> {
  const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING })
  const topic = `${prefix}-bid`
  const admin = kafka.admin()
  await admin.connect()
  const [partition] = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const end = Number(partition!.high)
  const consumer = kafka.consumer({ groupId: `${topic}-check-${process.pid}`, maxBytesPerPartition: 4 << 20 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>((resolve, reject) => {
    const run = consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const { value, offset } of batch.messages) {
          visit(JSON.parse(String(value)) as Bid)
          if (Number(offset) === end - 1) resolve()
        }
      },
    })
    run.catch(reject)
  })
  await consumer.disconnect()
}

const computed = await compute()
for (const [query, lines] of Object.entries(computed)) {
  const found = await linesOf(query)
  assert.equal(found.length, lines.length, `${query}: rows`)
  lines.sort()
  found.sort()
  for (const [index, line] of lines.entries()) assert.equal(found[index], line, query)
  process.stdout.write(`${query}: ${lines.length} rows as computed\n`)
}
