/**
 * The broker of kafka-node.ts for tests: one serves all test files of a mocha run and is stopped at its end.
 * Where there is none, the tests are skipped with a loud line; with CI=true that is a failure.
 */

import { START_TIMEOUT_MS, startBroker, type TestBroker } from './kafka-node.ts'

let shared: Promise<TestBroker> | undefined

/** Call inside describe: gives every test of it the broker, or skips them. */
export function useKafka(): () => TestBroker {
  let broker: TestBroker | undefined
  before(async function () {
    this.timeout(START_TIMEOUT_MS + 60_000)
    shared ??= startBroker()
    try {
      broker = await shared
    } catch (error) {
      if (process.env.CI === 'true') throw error
      process.stderr.write(`\n*** KAFKA TESTS SKIPPED: no broker. ${(error as Error).message}\n\n`)
      this.skip()
    }
  })
  return () => broker!
}

/** The end of the mocha run. */
after(async () => {
  const broker = await shared?.catch(() => undefined)
  await broker?.dispose()
})

/** A topic name that no other test uses. */
export function topicName(prefix: string): string {
  return `${prefix}-${process.pid}-${Math.random().toString(36).slice(2, 10)}`
}
