import { strict as assert } from 'node:assert'
import fc from 'fast-check'
import { ilikeRanges, likeRanges } from '../../../executor/functions/like-match.ts'
import { compileRegex } from '../../../executor/functions/regex-compile.ts'

/** Both as ranges in the middle of larger buffers. */
function like(text: string, pattern: string, match = likeRanges): boolean {
  const textBytes = Buffer.from(`xx${text}%_`)
  const patternBytes = Buffer.from(`%${pattern}xx`)
  return match(textBytes, 2, textBytes.length - 2, patternBytes, 1, patternBytes.length - 2)
}

/** LIKE by way of a RegExp. */
function likeByRegExp(text: string, pattern: string): boolean {
  const source = pattern.replace(/[%_]|[^%_]/gu, item => {
    if (item === '%') return '[^]*'
    return item === '_' ? '[^]' : item.replace(/[.*+?^${}()|[\]]/g, '\\$&')
  })
  return new RegExp(`^(?:${source})$`, 'u').test(text)
}

describe('LIKE on ranges', () => {
  it('tells literals, prefixes, suffixes and infixes', () => {
    assert.deepEqual(
      ['abc', 'ab', 'abcd'].map(text => like(text, 'abc')),
      [true, false, false],
    )
    assert.deepEqual(
      ['abc', 'ab', 'xabc'].map(text => like(text, 'ab%')),
      [true, true, false],
    )
    assert.deepEqual(
      ['abc', 'bc', 'c'].map(text => like(text, '%bc')),
      [true, true, false],
    )
    assert.deepEqual(
      ['abc', 'b', 'ac'].map(text => like(text, '%b%')),
      [true, true, false],
    )
    assert.deepEqual(
      ['', 'a'].map(text => like(text, '%')),
      [true, true],
    )
    assert.deepEqual(
      ['', 'a'].map(text => like(text, '')),
      [true, false],
    )
  })

  it('counts characters, not bytes', () => {
    assert.equal(like('日本', '__'), true)
    assert.equal(like('😀', '_'), true)
    assert.equal(like('é', '__'), false)
  })

  it('reads backslashes as escapes', () => {
    assert.equal(like('100%', '100\\%'), true)
    assert.equal(like('1000', '100\\%'), false)
    assert.throws(() => like('ab', 'a\\'), {
      code: '22025',
      message: 'LIKE pattern must not end with escape character',
    })
  })

  it('ignores case, beyond ASCII too', () => {
    assert.equal(like('Hello World', '%WORLD', ilikeRanges), true)
    assert.equal(like('ÄPFEL', 'äpf%', ilikeRanges), true)
    assert.equal(like('a\\B', 'A\\\\b', ilikeRanges), true)
  })

  it('equals a regular expression on random text', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '😀'), maxLength: 8 })
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '😀', '%', '_'), maxLength: 6 })
    fc.assert(
      fc.property(text, pattern, (subject, like_) => {
        assert.equal(like(subject, like_), likeByRegExp(subject, like_))
      }),
    )
  })
})

describe('regular expressions', () => {
  it('do not hang on patterns that backtrack', () => {
    const regex = compileRegex('(a+)+$')
    const start = process.hrtime.bigint()
    assert.equal(regex.test(`${'a'.repeat(40)}b`), false)
    assert.ok(process.hrtime.bigint() - start < 2_000_000_000n, 'the linear-time engine takes over')
  })

  it('do not hang on such patterns with look-around, and refuse them with back references', () => {
    const regex = compileRegex('\\m(a+)+(?!a)b$')
    assert.equal(regex.test('a'.repeat(60)), false)
    assert.equal(regex.match(`x ${'a'.repeat(60)}b`)?.start, 2)
    assert.throws(() => compileRegex('(a+)+\\1$'), { code: '0A000' })
  })

  it('do not hang where they must find the longest match', () => {
    const regex = compileRegex('(a|aa)+(b|)*')
    const match = regex.match(`${'a'.repeat(2000)}c`)
    assert.equal(match?.end, 2000)
  })

  it('match characters beyond the BMP as one', () => {
    assert.deepEqual(compileRegex('^.$').match('😀'), { start: 0, end: 2, groups: [] })
    assert.equal(compileRegex('[😀-😂]+').match('x😁😂')?.end, 5)
  })

  it('look through a text once, however many matches it has', () => {
    const text = 'a€'.repeat(100_000)
    for (const pattern of ['a', '(a|aa)+']) {
      const find = compileRegex(pattern).within(text)
      let matches = 0
      for (let match = find(0); match !== undefined; match = find(match.end)) matches++
      assert.equal(matches, 100_000)
    }
  })

  it('share compiled patterns', () => {
    assert.equal(compileRegex('a+b'), compileRegex('a+b'))
  })

  it("raise the library's errors", () => {
    const errors = ['(', 'a)', '[a', '*', 'a{3,2}', '\\', '[b-a]', '[[:x:]]', '\\1'].map(pattern => {
      try {
        compileRegex(pattern)
        return 'none'
      } catch (error) {
        return (error as Error).message.replace('invalid regular expression: ', '')
      }
    })
    assert.deepEqual(errors, [
      'parentheses () not balanced',
      'parentheses () not balanced',
      'brackets [] not balanced',
      'quantifier operand invalid',
      'invalid repetition count(s)',
      'invalid escape \\ sequence',
      'invalid character range',
      'invalid character class',
      'invalid backreference number',
    ])
  })
})
