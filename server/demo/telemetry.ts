/**
 * The demo's data centre: 200 servers in 20 racks that report temperature, power, load and network traffic
 * every five seconds, with faults planted now and then. Deterministic by seed; the training script and the
 * demo use the same model of the world with different seeds.
 */

export const SERVERS = 200
export const SERVERS_PER_RACK = 10
/** Event time between two reports of a server. */
export const REPORT_SECONDS = 5

export type FaultKind = 'fan' | 'power_supply' | 'runaway' | 'link'
const faultKinds: readonly FaultKind[] = ['fan', 'power_supply', 'runaway', 'link']

export interface Reading {
  readonly server: number
  readonly rack: string
  /** Degrees Celsius, watts, 0 … 1, Mbit/s. */
  readonly temperature: number
  readonly power: number
  readonly load: number
  readonly network: number
  /** What is planted; the demo does not tell the model. */
  readonly fault: FaultKind | undefined
}

interface Fault {
  readonly kind: FaultKind
  readonly start: number
  readonly end: number
}

interface ServerState {
  load: number
  temperature: number
  fault: Fault | undefined
}

/** Chance of a new fault a server and report: about four are active at a time. */
const FAULT_CHANCE = 1.7e-4
const FAULT_SECONDS_MIN = 300
const FAULT_SECONDS_SPREAD = 600
const DAY_SECONDS = 86_400

export class DataCentre {
  readonly #random: () => number
  readonly #servers: ServerState[]

  constructor(seed: number) {
    this.#random = randomSequence(seed)
    this.#servers = Array.from({ length: SERVERS }, () => ({ load: 0.4, temperature: 45, fault: undefined }))
  }

  /** All servers' reports at `second` of event time; call with growing seconds. */
  report(second: number): Reading[] {
    return this.#servers.map((state, server) => this.#step(state, server, second))
  }

  #step(state: ServerState, server: number, second: number): Reading {
    const fault = this.#fault(state, second)
    const severity = fault === undefined ? 0 : Math.min(1, (second - fault.start) / 120)
    const daily = 0.45 + 0.2 * Math.sin((second / DAY_SECONDS) * 2 * Math.PI + server / 40)
    state.load += 0.08 * (daily - state.load) + 0.035 * this.#normal()
    const usual = clamp(state.load, 0.02, 0.98)
    const load = fault?.kind === 'runaway' ? clamp(usual + severity * 0.6, 0, 1) : usual
    let power = 110 + 250 * load + 5 * this.#normal()
    if (fault?.kind === 'power_supply') power *= 1 + severity * (0.3 + 0.15 * this.#normal())
    const cooling = fault?.kind === 'fan' ? 1 - 0.55 * severity : 1
    const inlet = 20 + 3 * ((server % SERVERS_PER_RACK) / SERVERS_PER_RACK)
    state.temperature += 0.25 * (inlet + (power * 0.11) / cooling - state.temperature) + 0.3 * this.#normal()
    let network = 40 + 900 * usual + 25 * this.#normal()
    if (fault?.kind === 'link') network *= 1 - 0.93 * severity
    if (fault?.kind === 'runaway') network *= 1 - 0.6 * severity
    return {
      server,
      rack: `rack-${String(Math.floor(server / SERVERS_PER_RACK)).padStart(2, '0')}`,
      temperature: state.temperature,
      power,
      load,
      network: Math.max(0, network),
      fault: fault?.kind,
    }
  }

  #fault(state: ServerState, second: number): Fault | undefined {
    if (state.fault !== undefined && second >= state.fault.end) state.fault = undefined
    if (state.fault === undefined && this.#random() < FAULT_CHANCE) {
      const kind = faultKinds[Math.floor(this.#random() * faultKinds.length)]!
      const length = FAULT_SECONDS_MIN + this.#random() * FAULT_SECONDS_SPREAD
      state.fault = { kind, start: second, end: second + length }
    }
    return state.fault
  }

  /** Standard normal, by Box and Muller. */
  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random())
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}

/** Uniform numbers in 0 … 1 from a 32-bit seed (mulberry32). */
export function randomSequence(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
