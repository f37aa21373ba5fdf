/** Statements that V8 cannot run: the client's limits, not the server's bugs. */

import { strict as assert } from 'node:assert'
import { serialize } from 'pg-protocol'
import { resourceError } from '../../server/resource-error.ts'
import { summary } from '../support/wire-client.ts'
import { TestServer } from '../support/wire-server.ts'

function thrownBy(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

function deeper(depth: number): number {
  return 1 + deeper(depth + 1)
}

describe('resource errors', () => {
  it('are told from bugs', () => {
    assert.equal(resourceError(thrownBy(() => deeper(0)))?.code, '54001')
    assert.equal(resourceError(thrownBy(() => 'x'.repeat(2 ** 30)))?.code, '53200')
    const tooLong = Object.assign(new Error('Cannot create a string'), { code: 'ERR_STRING_TOO_LONG' })
    assert.equal(resourceError(tooLong)?.code, '53200')
    assert.equal(resourceError(thrownBy(() => new Array(-1)))?.code, '53200')
    assert.equal(resourceError(thrownBy(() => (1).toFixed(1000))), undefined)
    assert.equal(resourceError(new TypeError('x is not a function')), undefined)
  })

  it('fail the statement and no more', async () => {
    const server = await TestServer.start()
    try {
      const client = await server.login()
      const text = `SELECT ${'1+'.repeat(20_000)}1`
      await client.send(serialize.query(text), serialize.query('SELECT 1'))
      assert.equal(summary(await client.readUntilReady(2)), 'E(54001) Z(I) T(1) D C(SELECT 1) Z(I)')
      assert.deepEqual(server.internalErrors, [])
    } finally {
      await server.close()
    }
  })
})
