import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:net'
import { FetchMemory } from '../../../connectors/kafka/fetch-memory.ts'
import { connectFrames, FrameBuffer } from '../../../connectors/kafka/frame-socket.ts'

function frame(payload: string): Buffer {
  const bytes = Buffer.alloc(4 + payload.length)
  bytes.writeInt32BE(payload.length)
  bytes.write(payload, 4)
  return bytes
}

describe('FrameBuffer', () => {
  const frames = [frame('first'), frame(''), frame('third, the longest')]
  const stream = Buffer.concat(frames)

  it('puts frames together however reads cut them', () => {
    for (let first = 1; first < stream.length; first++) {
      for (const second of [1, 3, 1000]) {
        const buffer = new FrameBuffer(new FetchMemory())
        const found: Buffer[] = []
        for (let at = 0, limit = first; at < stream.length; limit = second) {
          const room = buffer.free()
          const bytes = stream.copy(room, 0, at, at + Math.min(limit, room.length))
          const complete = buffer.filled(bytes)
          if (complete !== undefined) found.push(complete as Buffer)
          at += bytes
        }
        assert.deepEqual(found, frames)
      }
    }
  })

  it('refuses what cannot be a length', () => {
    const buffer = new FrameBuffer(new FetchMemory())
    assert.equal(buffer.filled(Buffer.from('HTTP').copy(buffer.free())), 'invalid')
  })
})

describe('connectFrames', () => {
  let server: Server
  afterEach(() => server.close())

  function connect(answer: Buffer) {
    return new Promise<ReturnType<typeof connectFrames>>(resolve => {
      // Whoever is refused hangs up in the middle.
      server = createServer(socket => socket.on('error', () => {}).end(answer))
      server.listen(0, '127.0.0.1', () => {
        const { port } = server.address() as { port: number }
        resolve(connectFrames({ host: '127.0.0.1', port }, new FetchMemory(), () => {}))
      })
    })
  }

  it('emits whole frames, then the end', async () => {
    const large = frame('x'.repeat(3_000_000))
    const socket = await connect(Buffer.concat([frame('a'), large, frame('b')]))
    const found: Buffer[] = []
    socket.on('data', data => found.push(data as Buffer))
    await new Promise(resolve => socket.once('end', resolve))
    assert.deepEqual(found, [frame('a'), large, frame('b')])
    socket.destroy()
  })

  it('ends with an error when the other side is no broker', async () => {
    const socket = await connect(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))
    socket.on('data', () => assert.fail('there is no frame'))
    const error = await new Promise<Error>(resolve => socket.once('error', resolve))
    assert.equal(error.message, 'the other side does not speak the Kafka protocol')
  })
})
