/** json_agg, jsonb_agg, json_object_agg, jsonb_object_agg: rows per group as JSON text (see collect.ts). */

import { SqlError, SqlState } from '../../../planner/errors.ts'
import type { DataType } from '../../../planner/types.ts'
import { jsonbType, jsonType } from '../../../planner/types.ts'
import type { Column } from '../../batch/column.ts'
import { readValue } from '../../batch/column-reader.ts'
import type { RuntimeValue } from '../../batch/runtime-value.ts'
import { toRuntimeValue } from '../../batch/value-codec.ts'
import { checkValueBytes, VALUE_BYTES_MAX } from '../../batch/value-limit.ts'
import { formatRuntime } from '../../expression/text-format.ts'
import { jsonOf } from '../json-build.ts'
import { normalizeJsonb } from '../json-text.ts'
import { quoteJson } from '../json-value.ts'
import type { AggregateFunction, AggregateSite } from './aggregate-function.ts'
import type { Collector } from './collect.ts'
import { CollectingAccumulator, STEP_ENTRIES } from './collect.ts'

function valueAt(
  site: AggregateSite,
  columns: readonly Column[],
  argument: number,
  entry: number,
): RuntimeValue {
  return toRuntimeValue(site.args[argument]!, readValue(columns[argument]!, entry))
}

function collectValues(site: AggregateSite, binary: boolean): Collector {
  const element = site.args[0]!
  const isNested = !binary && (element.kind === 'array' || element.kind === 'record')
  const item = (columns: readonly Column[], entry: number): string => {
    const json = jsonOf(element, valueAt(site, columns, 0, entry), site.context)
    return binary ? normalizeJsonb(json) : json
  }
  return function* (columns, entries) {
    return `[${yield* joinItems(site, columns, entries, isNested ? ', \n ' : ', ', item)}]`
  }
}

function collectMembers(site: AggregateSite, binary: boolean): Collector {
  const item = (columns: readonly Column[], entry: number): string => {
    const key = keyText(site.args[0]!, valueAt(site, columns, 0, entry), site)
    return `${quoteJson(key)} : ${jsonOf(site.args[1]!, valueAt(site, columns, 1, entry), site.context)}`
  }
  return function* (columns, entries) {
    const text = `{ ${yield* joinItems(site, columns, entries, ', ', item)} }`
    return binary ? normalizeJsonb(text) : text
  }
}

/** The items of all entries, a step at a time. */
function* joinItems(
  site: AggregateSite,
  columns: readonly Column[],
  entries: Int32Array,
  separator: string,
  item: (columns: readonly Column[], entry: number) => string,
): Generator<void, string> {
  const bytesMax = site.context.valueBytesMax ?? VALUE_BYTES_MAX
  let text = ''
  for (let start = 0; start < entries.length; start += STEP_ENTRIES) {
    if (start > 0) yield
    const items = Array.from(entries.subarray(start, start + STEP_ENTRIES), entry => item(columns, entry))
    text += (start > 0 ? separator : '') + items.join(separator)
    checkValueBytes(text.length, bytesMax)
  }
  return text
}

function keyText(type: DataType, value: RuntimeValue, site: AggregateSite): string {
  if (value === null) throw new SqlError(SqlState.nullValueNotAllowed, 'field name must not be null')
  return type.kind === 'bool' ? String(value) : formatRuntime(type, value, site.context)
}

const anyValue = { kind: 'any' } as const

export const collectJsonFunctions: readonly AggregateFunction[] = [jsonType, jsonbType].flatMap(
  (type): AggregateFunction[] => {
    const binary = type.kind === 'jsonb'
    return [
      {
        id: `${type.kind}_agg(any)`,
        name: `${type.kind}_agg`,
        kind: 'aggregate',
        args: [{ kind: 'anyelement' }],
        returns: type,
        strict: false,
        create: site => new CollectingAccumulator(site, collectValues(site, binary)),
      },
      {
        id: `${type.kind}_object_agg(any,any)`,
        name: `${type.kind}_object_agg`,
        kind: 'aggregate',
        args: [anyValue, anyValue],
        returns: type,
        strict: false,
        create: site => new CollectingAccumulator(site, collectMembers(site, binary)),
      },
    ]
  },
)
