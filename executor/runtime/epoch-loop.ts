/**
 * The heartbeat: runs one epoch after another while there is work and sleeps when there is none. Everything
 * that changes the set of running jobs happens between two epochs, in `atBoundary`.
 */

import { SqlError, SqlState } from '../../planner/errors.ts'
import type { Epoch } from '../operators/operator.ts'
import { toError } from './dataflow.ts'
import type { Deferred } from './deferred.ts'
import { deferred } from './deferred.ts'
import type { Slicer } from './slicer.ts'

/** What an epoch does; the engine. */
export interface EpochWork {
  /** Input that waits for an epoch. */
  hasInput(): boolean
  /** Runs the epoch up to its commit. An error is a defect of the engine and ends it. */
  run(epoch: Epoch): Promise<void>
  /** The epoch is complete, `completed` is at it: makes everything visible, in one synchronous step. */
  commit(epoch: Epoch): void
}

interface BoundaryAction {
  readonly action: () => void | Promise<void>
  readonly done: Deferred<void>
}

export class EpochLoop {
  readonly #work: EpochWork
  readonly #slicer: Slicer
  readonly #onCrash: (error: Error) => void
  #completed: Epoch = 0
  #sleeping: Deferred<void> | undefined
  #actions: BoundaryAction[] = []
  #waiters: { readonly after: Epoch; readonly done: Deferred<Epoch> }[] = []
  #inEpoch = false
  #closed = false
  #failure: Error | undefined
  readonly #ended: Promise<void>

  /** `onCrash`: an epoch failed by a defect of the engine; nothing runs any more. */
  constructor(work: EpochWork, slicer: Slicer, onCrash: (error: Error) => void) {
    this.#work = work
    this.#slicer = slicer
    this.#onCrash = onCrash
    this.#ended = this.#run()
  }

  /** The last complete epoch. */
  get completed(): Epoch {
    return this.#completed
  }

  /** There may be input: look. */
  wake(): void {
    this.#sleeping?.resolve()
  }

  /** Runs `action` between two epochs, right away when none is running. */
  atBoundary(action: () => void | Promise<void>): Promise<void> {
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped)
    const done = deferred<void>()
    this.#actions.push({ action, done })
    this.wake()
    return done.promise
  }

  /** Resolves when an epoch that starts after this call is complete; one runs even without input. */
  nextEpoch(): Promise<Epoch> {
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped)
    const done = deferred<Epoch>()
    this.#waiters.push({ after: this.#completed + (this.#inEpoch ? 1 : 0), done })
    this.wake()
    return done.promise
  }

  /** Lets the running epoch finish; rejects what still waits with 57P01. */
  async close(): Promise<void> {
    this.#closed = true
    this.wake()
    await this.#ended
  }

  get #stopped(): Error | undefined {
    if (this.#failure !== undefined) return this.#failure
    return this.#closed ? new SqlError(SqlState.adminShutdown, 'the engine is closed') : undefined
  }

  async #run(): Promise<void> {
    // The owner's constructor finishes first.
    await Promise.resolve()
    try {
      while (!this.#closed) {
        if (!this.#hasWork()) await this.#sleep()
        if (this.#closed) break
        await this.#runActions()
        if (this.#work.hasInput() || this.#waiters.length > 0) await this.#runEpoch()
        if (this.#slicer.expired()) await this.#slicer.pause()
      }
    } catch (error) {
      this.#failure = toError(error)
      this.#onCrash(this.#failure)
    }
    const stopped = this.#stopped!
    for (const { done } of this.#actions) done.reject(stopped)
    for (const { done } of this.#waiters) done.reject(stopped)
  }

  #hasWork(): boolean {
    return this.#actions.length > 0 || this.#waiters.length > 0 || this.#work.hasInput()
  }

  async #sleep(): Promise<void> {
    this.#sleeping = deferred<void>()
    await this.#sleeping.promise
    this.#sleeping = undefined
    this.#slicer.restart()
  }

  async #runActions(): Promise<void> {
    const actions = this.#actions
    this.#actions = []
    for (const { action, done } of actions) {
      try {
        const running = action()
        if (running !== undefined) await running
        done.resolve()
      } catch (error) {
        done.reject(error)
      }
    }
  }

  async #runEpoch(): Promise<void> {
    const epoch = this.#completed + 1
    this.#inEpoch = true
    await this.#work.run(epoch)
    this.#completed = epoch
    this.#inEpoch = false
    this.#work.commit(epoch)
    const complete = this.#waiters.filter(waiter => waiter.after < epoch)
    this.#waiters = this.#waiters.filter(waiter => waiter.after >= epoch)
    for (const { done } of complete) done.resolve(epoch)
  }
}
