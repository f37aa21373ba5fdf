import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { redactSecrets } from '../../../server/auth/redact-secrets.ts'

const HIDDEN = "'********'"

describe('redactSecrets', () => {
  it('leaves out passwords of roles, however they are written', () => {
    const literals = [
      ...["'x''y'", "E'x\\'y'", "e'x'", "U&'x'", '$$x$$', "$a$x $$ ' y$a$", "'x\ny'"],
      // Without an end: statements that do not parse are shown too.
      ...["'x", '$$x', '$a$ $$', "E'x\\"],
    ]
    for (const literal of literals) {
      for (const before of ['PASSWORD ', 'encrypted password\t', 'Password/* a */\n-- b\n ']) {
        const text = `ALTER ROLE ada ${before}${literal}`
        assert.equal(redactSecrets(text), `ALTER ROLE ada ${before}${HIDDEN}`, text)
      }
    }
  })

  it('leaves out values of secret options', () => {
    const source = (password: string, key: string, token: string) =>
      `CREATE SOURCE s (a int) WITH (connector = 'kafka',
        properties.sasl.password = ${password}, "ssl.key" = ${key}, "My Token"=${token}, topic = 't')`
    assert.equal(redactSecrets(source("'x'", "E'x'", '$$x$$')), source(HIDDEN, HIDDEN, HIDDEN))
  })

  it('leaves everything else as it was written', () => {
    for (const text of [
      '',
      "SELECT 'password', 'x'",
      "SELECT password FROM t WHERE name = 'x' -- password 'x'",
      'SELECT "password" FROM t',
      'ALTER ROLE ada PASSWORD NULL',
      "SELECT $1, 'a' || $$b$$ /* secret = 'x' */",
    ]) {
      assert.equal(redactSecrets(text), text)
    }
  })
})
