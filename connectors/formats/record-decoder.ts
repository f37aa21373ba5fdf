/** The decoder of a FORMAT … ENCODE … clause. To add an encoding: one file here and a case below. */

import type { RecordDecoder } from '../../executor/io/record-ranges.ts'
import { notSupported, SqlError, SqlState } from '../../planner/errors.ts'
import type { Field } from '../../planner/schema.ts'
import type { FormatDefinition } from '../connector.ts'
import { OptionReader } from '../options.ts'
import { createBytesDecoder } from './bytes-decoder.ts'
import { createCsvDecoder } from './csv-decoder.ts'
import { createJsonDecoder } from './json-decoder.ts'

/** Makes decoders of any choice of the payload's columns. */
export interface DecoderFactory {
  /** `wanted`: indexes into the payload fields, in the order that decoded columns have. */
  create(wanted: readonly number[]): RecordDecoder
}

/**
 * Checks the format and its options. `payload` are the relation's columns that come from the record's value,
 * in order. Plain formats only: rows of the value, each an insertion.
 */
export function decoderFactory(
  format: FormatDefinition | undefined,
  payload: readonly Field[],
): DecoderFactory {
  if (format === undefined) {
    throw new SqlError(SqlState.invalidParameterValue, 'a FORMAT … ENCODE … clause is required', {
      hint: 'For example FORMAT PLAIN ENCODE JSON.',
    })
  }
  const options = new OptionReader(format.options, `ENCODE ${format.encode.toUpperCase()}`)
  switch (format.encode) {
    case 'json': {
      const mode = options.oneOf('timestamptz.handling.mode', timestampModes) ?? 'guess_number_unit'
      options.finish()
      const timestampUnit = mode === 'milli' || mode === 'micro' ? mode : 'guess'
      return { create: wanted => createJsonDecoder(pick(payload, wanted), { timestampUnit }) }
    }
    case 'csv': {
      const delimiter = csvDelimiter(options.text('delimiter') ?? ',')
      if (options.boolean('without_header') === false) {
        throw notSupported('a header line in CSV messages', { hint: "Use without_header = 'true'." })
      }
      options.finish()
      return { create: wanted => createCsvDecoder(payload, wanted, delimiter) }
    }
    case 'bytes': {
      options.finish()
      if (payload.length !== 1 || payload[0]!.type.kind !== 'bytea') {
        throw new SqlError(
          SqlState.invalidTableDefinition,
          'ENCODE BYTES needs exactly one column of type bytea',
        )
      }
      return { create: wanted => createBytesDecoder(pick(payload, wanted)) }
    }
    default:
      throw notSupported(`ENCODE ${format.encode.toUpperCase()}`, {
        hint: 'JSON, CSV and BYTES are supported.',
      })
  }
}

const timestampModes = ['guess_number_unit', 'milli', 'micro', 'utc_string', 'utc_without_suffix'] as const

function csvDelimiter(text: string): number {
  const named = { tab: '\t', '\\t': '\t', semicolon: ';', comma: ',' }[text.toLowerCase()] ?? text
  if (named.length !== 1 || named > '\x7f' || named === '"' || named === '\n') {
    throw new SqlError(SqlState.invalidParameterValue, `invalid CSV delimiter "${text}"`, {
      hint: 'It must be one ASCII character.',
    })
  }
  return named.charCodeAt(0)
}

function pick(fields: readonly Field[], wanted: readonly number[]): Field[] {
  return wanted.map(index => fields[index]!)
}
