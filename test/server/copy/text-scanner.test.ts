import assert from 'node:assert/strict'
import { FieldRanges, NULL_FIELD, SLICE_ROWS } from '../../../server/copy/field-ranges.ts'
import { TextScanner } from '../../../server/copy/text-scanner.ts'

/** The fields of each row, NULL as null. */
function scan(text: string, columnCount: number, delimiter = '\t'): (string | null)[][] {
  const data = Buffer.from(text)
  const bytes = Buffer.alloc(data.length * 2)
  data.copy(bytes)
  const ranges = new FieldRanges(columnCount)
  const scanner = new TextScanner({ delimiter: delimiter.charCodeAt(0), nullText: Buffer.from('\\N') })
  assert.equal(scanner.scan(bytes, 0, data.length, data.length, true, ranges), data.length)
  assert.equal(ranges.error, undefined)
  return Array.from({ length: ranges.rowCount }, (_row, row) =>
    Array.from({ length: columnCount }, (_column, column) => {
      const index = column * SLICE_ROWS + row
      const start = ranges.starts[index]!
      return start === NULL_FIELD ? null : bytes.toString('utf8', start, ranges.ends[index])
    }),
  )
}

describe('TextScanner', () => {
  it('finds what is special wherever it stands among plain bytes', () => {
    const plain = 'aß€\u0001\u007f~]['
    for (const delimiter of ['\t', '|', ',', '\u0001']) {
      const filler = plain.replaceAll(delimiter, '')
      for (let before = 0; before < 9; before++) {
        for (let after = 0; after < 9; after++) {
          const first = filler.repeat(2).slice(0, before)
          const second = filler.repeat(2).slice(0, after)
          const rows = [
            [first, second],
            [second, null],
            [`${first}\n`, first],
          ]
          const lines = [[first, second], [second, '\\N'], [`${first}\\n`, first], []]
          const text = lines.map(fields => fields.join(delimiter)).join('\n')
          assert.deepEqual(scan(text, 2, delimiter), rows, JSON.stringify([delimiter, before, after]))
        }
      }
    }
  })

  it('ends rows at carriage returns too, and at the end of the data', () => {
    assert.deepEqual(scan('ab\tc\r\nd\tefg\r\n', 2), [
      ['ab', 'c'],
      ['d', 'efg'],
    ])
    assert.deepEqual(scan('ab\tc\rd\tefg', 2), [
      ['ab', 'c'],
      ['d', 'efg'],
    ])
  })

  it('takes every byte that means nothing as it is', () => {
    const meaningless = Array.from({ length: 0x7f }, (_, code) => String.fromCharCode(code + 1))
    const text = meaningless.filter(character => !'\t\n\r\\'.includes(character)).join('')
    assert.deepEqual(scan(`${text}\t${text}\n`, 2), [[text, text]])
  })
})
