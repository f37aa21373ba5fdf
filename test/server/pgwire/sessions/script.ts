/**
 * A scripted protocol session: what a client sends. What PostgreSQL 15 answers is recorded beside, in
 * `recorded/`, by record.ts; ours has to be the same but for what a script says is different, and why.
 */

import { strict as assert } from 'node:assert'

export interface Script {
  readonly name: string
  /** Statements that another client runs before, one Query each. */
  readonly setup?: readonly string[]
  /** The bytes start with the start-up packet, and its answers are part of the session. */
  readonly isFromStart?: boolean
  /** Over the Unix socket: on TCP, PostgreSQL may speak GSSAPI. */
  readonly isLocal?: boolean
  readonly steps: readonly Step[]
  readonly differs?: Difference
}

/** What is different on purpose: pieces of PostgreSQL's transcript and what they are in ours. */
export interface Difference {
  readonly why: string
  readonly changes: readonly (readonly [theirs: string, ours: string])[]
}

/** Bytes are sent without waiting for what the ones before were answered. */
export type Step =
  | Buffer
  /** Until the client got this many messages of the type in all. */
  | { readonly kind: 'wait'; readonly type: string; readonly count: number }
  /** The one byte that answers a request for encryption. */
  | { readonly kind: 'byte' }
  /** Another client's query, to its end. */
  | { readonly kind: 'other'; readonly query: string }
  /** Until pg_sleep, which was asked for, runs. */
  | { readonly kind: 'asleep' }
  /** A CancelRequest for this session, waited for until the server closes that connection. */
  | { readonly kind: 'cancel' }

export const waitFor = (type: string, count = 1): Step => ({ kind: 'wait', type, count })
export const otherClient = (query: string): Step => ({ kind: 'other', query })
export const readByte: Step = { kind: 'byte' }
export const untilAsleep: Step = { kind: 'asleep' }
export const cancel: Step = { kind: 'cancel' }

/** All that the client sends. */
export function bytesOf({ steps }: Script): Buffer {
  return Buffer.concat(steps.filter(step => Buffer.isBuffer(step)))
}

/** Three rows that a script may change. */
export const table: readonly string[] = [
  'DROP TABLE IF EXISTS t',
  'CREATE TABLE t (k integer PRIMARY KEY, v text NOT NULL)',
  "INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three')",
]

/** What we answer where PostgreSQL answers `recorded`. A difference that applies no more is an error. */
export function withDifference({ name, differs }: Script, recorded: string): string {
  let expected = recorded
  for (const [theirs, ours] of differs?.changes ?? []) {
    assert(expected.includes(theirs), `${name}: PostgreSQL does not answer ${theirs}`)
    expected = expected.replace(theirs, ours)
  }
  return expected
}
