/** Frames do not depend on where the network cuts: every scripted session's bytes, in two at every byte. */

import { strict as assert } from 'node:assert'
import { SqlError } from '../../../planner/errors.ts'
import { FrameReader } from '../../../server/pgwire/frame-reader.ts'
import { wireLimits } from '../../../server/pgwire/limits.ts'
import { MessageMemory } from '../../../server/pgwire/message-memory.ts'
import { scriptsByTopic } from './sessions/all-scripts.ts'
import { bytesOf } from './sessions/script.ts'

const limits = { ...wireLimits(), messageBytesMax: 1000 }

/** What a connection handles: message type, body, whether Sync is known to be next; or why it ends. */
function framesOf(pieces: readonly Buffer[], isFromStart: boolean): string[] {
  const memory = new MessageMemory(limits.inFlightBytesMax)
  const reader = new FrameReader(limits, memory)
  const seen: string[] = []
  let isStarted = !isFromStart
  try {
    for (const piece of pieces) {
      reader.push(piece)
      for (;;) {
        if (!isStarted) {
          const packet = reader.nextStartup()
          if (packet === undefined) break
          seen.push(packet.toString('hex'))
          isStarted = packet.readUInt16BE(0) === 3
          continue
        }
        const frame = reader.next()
        if (frame === undefined) break
        const { type, body, refusal } = frame
        const isLast = type === 'E'.charCodeAt(0) && reader.isSyncNext
        seen.push([String.fromCharCode(type), body.toString('hex'), refusal, isLast].join(' '))
        reader.release()
      }
    }
  } catch (error) {
    if (!(error instanceof SqlError)) throw error
    seen.push(error.message)
  }
  reader.close()
  assert.equal(memory.bytes, 0, 'every byte is given back')
  return seen
}

describe('FrameReader', () => {
  for (const [topic, scripts] of Object.entries(scriptsByTopic)) {
    it(`makes the same messages of the bytes of ${topic} sessions, wherever they are cut`, () => {
      for (const script of scripts) {
        const bytes = bytesOf(script)
        const isFromStart = script.isFromStart === true
        const whole = framesOf([bytes], isFromStart)
        for (let cut = 1; cut < Math.min(bytes.length, 2000); cut++) {
          const parts = framesOf([bytes.subarray(0, cut), bytes.subarray(cut)], isFromStart)
          assert.deepEqual(parts, whole, `${script.name}, cut at ${cut}`)
        }
      }
    })
  }
})
