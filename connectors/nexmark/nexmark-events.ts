/**
 * The Nexmark benchmark's auction site: of every 50 events 1 is a person, 3 are auctions, 46 are bids.
 * Proportions, hot items and value ranges follow the generator of the Nexmark project (and RisingWave's and
 * Flink's ports of it).
 */

import { EventRandom } from '../event-random.ts'

export type NexmarkStream = 'person' | 'auction' | 'bid'

const EVENTS_PER_EPOCH = 50
const AUCTIONS_PER_EPOCH = 3
const FIRST_ID = 1000
const FIRST_CATEGORY = 10
const CATEGORIES = 5
/** Every so many ids the hot one changes. */
const HOT_BLOCK = 100
const IN_FLIGHT_AUCTIONS = 100
const ACTIVE_PEOPLE = 1000
const CHANNELS = 10_000
const HOT_CHANNELS = ['Google', 'Facebook', 'Baidu', 'Apple'] as const
const CITIES = [
  'Phoenix',
  'Los Angeles',
  'San Francisco',
  'Boise',
  'Portland',
  'Bend',
  'Redmond',
  'Seattle',
  'Kent',
  'Cheyenne',
] as const
const STATES = ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY'] as const
const FIRST_NAMES = [
  'Peter',
  'Paul',
  'Luke',
  'John',
  'Saul',
  'Vicky',
  'Kate',
  'Julie',
  'Sarah',
  'Deiter',
  'Walter',
] as const
const LAST_NAMES = [
  'Shultz',
  'Abrams',
  'Spencer',
  'White',
  'Bartels',
  'Walton',
  'Smith',
  'Jones',
  'Noris',
] as const

/** Which stream event `number` belongs to. */
export function streamOf(number: number): NexmarkStream {
  const place = number % EVENTS_PER_EPOCH
  return place === 0 ? 'person' : place <= AUCTIONS_PER_EPOCH ? 'auction' : 'bid'
}

/**
 * One event's fields by column name; times in microseconds. Strings, numbers for bigint columns below 2^53.
 */
export class NexmarkEvents {
  readonly #random: EventRandom
  readonly #extra: string

  constructor(seed: number) {
    this.#random = new EventRandom(seed)
    this.#random.start(0)
    let extra = ''
    for (let index = 0; index < 4096; index++) extra += String.fromCharCode(97 + this.#random.below(26))
    this.#extra = extra
  }

  /** Starts event `number`: the draws that follow are its own. */
  start(number: number): void {
    this.#random.start(number)
  }

  personId(number: number): number {
    return FIRST_ID + Math.floor(number / EVENTS_PER_EPOCH)
  }

  /** The last auction that exists at event `number`. */
  auctionId(number: number): number {
    const epoch = Math.floor(number / EVENTS_PER_EPOCH)
    const place = number % EVENTS_PER_EPOCH
    return FIRST_ID + epoch * AUCTIONS_PER_EPOCH + Math.min(Math.max(place - 1, -1), AUCTIONS_PER_EPOCH - 1)
  }

  /** Half of the bids go to the hot auction, the others to one of the last in flight. */
  bidAuction(number: number): number {
    const last = this.auctionId(number)
    if (this.#random.below(2) === 0) return Math.floor(last / HOT_BLOCK) * HOT_BLOCK
    const first = Math.max(FIRST_ID, last - IN_FLIGHT_AUCTIONS)
    return first + this.#random.below(last - first + 1)
  }

  /** Three of four bids come from the hot bidder. */
  bidBidder(number: number): number {
    const last = this.personId(number)
    if (this.#random.below(4) > 0) return Math.floor(last / HOT_BLOCK) * HOT_BLOCK + 1
    return this.#activePerson(last)
  }

  /** Three of four auctions come from the hot seller. */
  seller(number: number): number {
    const last = this.personId(number)
    if (this.#random.below(4) > 0) return Math.floor(last / HOT_BLOCK) * HOT_BLOCK
    return this.#activePerson(last)
  }

  #activePerson(last: number): number {
    const active = Math.min(last - FIRST_ID + 1, ACTIVE_PEOPLE)
    return last - active + 1 + this.#random.below(active)
  }

  /** Cents, log-uniform from 100 to 100 million. */
  price(): number {
    return Math.round(10 ** (this.#random.unit() * 6) * 100)
  }

  category(): number {
    return FIRST_CATEGORY + this.#random.below(CATEGORIES)
  }

  /** Milliseconds until an auction ends: its bids arrive within. */
  auctionLengthMs(gapMicros: number): number {
    const inFlightMs = (IN_FLIGHT_AUCTIONS * EVENTS_PER_EPOCH * gapMicros) / AUCTIONS_PER_EPOCH / 1000
    return 1 + this.#random.below(Math.max(1, Math.floor(inFlightMs * 2)))
  }

  /** Half of the bids come through one of four channels. */
  channel(): string {
    if (this.#random.below(2) === 0) return HOT_CHANNELS[this.#random.below(HOT_CHANNELS.length)]!
    return `channel-${this.#random.below(CHANNELS)}`
  }

  url(channel: string): string {
    const id = channel.startsWith('channel-') ? `&channel_id=${channel.slice(8)}` : ''
    const path = [this.#letters(5), this.#letters(5), this.#letters(5)].join('/')
    return `https://www.nexmark.com/${path}/item.htm?query=1${id}`
  }

  name(): string {
    return `${this.#pick(FIRST_NAMES)} ${this.#pick(LAST_NAMES)}`
  }

  emailAddress(): string {
    return `${this.#letters(7)}@${this.#letters(5)}.com`
  }

  creditCard(): string {
    return Array.from({ length: 4 }, () => String(this.#random.below(10_000)).padStart(4, '0')).join(' ')
  }

  city(): string {
    return this.#pick(CITIES)
  }

  state(): string {
    return this.#pick(STATES)
  }

  /** Words of a length between half of `average` and one and a half of it. */
  text(average: number): string {
    return this.#letters(Math.max(1, Math.floor(average / 2) + this.#random.below(average)))
  }

  #pick(values: readonly string[]): string {
    return values[this.#random.below(values.length)]!
  }

  #letters(length: number): string {
    const start = this.#random.below(this.#extra.length - length)
    return this.#extra.slice(start, start + length)
  }
}
