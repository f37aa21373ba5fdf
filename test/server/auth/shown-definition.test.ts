import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { SinkDefinition } from '../../../server/catalog/catalog-object.ts'
import { shownDefinition } from '../../../server/catalog/shown-definition.ts'

describe('shownDefinition', () => {
  function shown(definition: string): string {
    const object: SinkDefinition = {
      ...{ id: 1, schemaName: 'public', name: 's' },
      connector: '',
      dependsOn: [],
      definition,
    }
    return shownDefinition({ kind: 'sink', object })
  }

  it('leaves out the values of secret options, however they are quoted', () => {
    const text = `CREATE SINK s FROM t WITH (topic = 'it''s',
      properties.sasl.password = 'a''b', "properties.ssl.key" = E'a\\'b', api_token=$x$a'b$x$, Secret = 'z')`
    assert.equal(
      shown(text),
      `CREATE SINK s FROM t WITH (topic = 'it''s',
      properties.sasl.password = '********', "properties.ssl.key" = '********', api_token='********', ` +
        `Secret = '********')`,
    )
  })

  it('shows the rest as it was written', () => {
    const text = "CREATE SINK s AS SELECT 'password' AS a WHERE b = 'x' WITH (connector = 'blackhole')"
    assert.equal(shown(text), text)
  })
})
