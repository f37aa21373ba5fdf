/**
 * Binary parameters that are changed at random: PostgreSQL 15 and we take the same ones for the same values,
 * and refuse the others with the same codes. SEED=n repeats, ROUNDS=n goes on for longer.
 */

import { strict as assert } from 'node:assert'
import { serialize } from 'pg-protocol'
import { type BackendMessage, errorField } from '../../support/wire-client.ts'
import { Choices } from './random-messages.ts'
import { useSideBySide } from './side-by-side.ts'
import { typedValues } from './typed-values.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const rounds = Number(process.env['ROUNDS'] ?? 25)

/** The value as it comes, and as text, so that what was taken for something else shows. */
function withParameter(type: string, bytes: Buffer): Buffer {
  const bind = serialize.bind({ values: [bytes] })
  bind.writeInt16BE(1, 9)
  const rest = [serialize.execute({}), serialize.sync()]
  return Buffer.concat([serialize.parse({ text: `SELECT $1::${type}` }), bind, ...rest])
}

function binaryOf(type: string, value: string): Buffer {
  const text = `SELECT '${value.replaceAll("'", "''")}'::${type}`
  const bind = serialize.bind({ values: [], binary: true })
  return Buffer.concat([serialize.parse({ text }), bind, serialize.execute({}), serialize.sync()])
}

function rowValue(messages: readonly BackendMessage[]): Buffer {
  return messages.find(({ type }) => type === 'D')!.body.subarray(6)
}

/** The code of the error, or the row. */
function outcome(messages: readonly BackendMessage[]): string {
  const error = messages.find(({ type }) => type === 'E')
  if (error !== undefined) return `error ${errorField(error.body, 'C')}`
  return `value ${messages.find(({ type }) => type === 'D')!.body.toString('latin1', 6)}`
}

const interesting = [0, 1, 2, 4, 6, 7, 16, 25, 127, 128, 255]

/** One to three changes: bytes set, words set, pieces taken out, doubled, or added. */
function mutated(bytes: Buffer, choices: Choices): Buffer {
  let result = Buffer.from(bytes)
  for (let count = 1 + choices.below(3); count > 0; count--) {
    const at = choices.below(result.length + 1)
    const length = 1 + choices.below(8)
    const before = result.subarray(0, at)
    switch (choices.below(6)) {
      case 0:
        if (at < result.length) result[at] = choices.below(256)
        break
      case 1:
        if (at < result.length) result[at] = choices.of(interesting)
        break
      case 2: {
        const word = Math.floor(at / 4) * 4
        if (word + 4 <= result.length)
          result.writeInt32BE(choices.of([-1, 0, 1, 2, 7, 2147483647, -2147483648]), word)
        break
      }
      case 3:
        result = Buffer.concat([before, result.subarray(at + length)])
        break
      case 4:
        result = Buffer.concat([before, result.subarray(at, at + length), result.subarray(at)])
        break
      default:
        result = Buffer.concat([before, choices.bytes(length), result.subarray(at)])
    }
  }
  return result
}

const EPOCH_MICROS = 946_684_800_000_000n

/** Timestamps from 294247 on are refused here: ours count from 1970 and not from 2000. */
function isBeyondUs(type: string, bytes: Buffer, got: string): boolean {
  if (!type.startsWith('timestamp') || got !== 'error 22008') return false
  for (let at = 0; at + 8 <= bytes.length; at++) {
    if (bytes.readBigInt64BE(at) > 2n ** 63n - EPOCH_MICROS) return true
  }
  return false
}

describe('binary parameters changed at random', function () {
  this.timeout(120_000)
  const beside = useSideBySide()

  for (const [type, values] of Object.entries(typedValues)) {
    it(`${type}: SEED=${seed}`, async () => {
      const choices = new Choices(seed)
      for (const value of values) {
        const bytes = rowValue(await beside.clients.same(binaryOf(type, value), value))
        for (let round = 0; round < rounds; round++) {
          const bad = mutated(bytes, choices)
          const [got, expected] = (await beside.clients.ask(withParameter(type, bad))).map(outcome)
          if (got === expected || isBeyondUs(type, bad, got!)) continue
          assert.equal(got, expected, `${value}: ${bytes.toString('hex')} as ${bad.toString('hex')}`)
        }
      }
      assert.deepEqual(beside.server.internalErrors, [])
    })
  }
})
