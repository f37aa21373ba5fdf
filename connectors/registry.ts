/** Connectors by the name in WITH (connector = '…'). To add one: a folder here and a line below. */

import type { Sink } from '../executor/io/sink.ts'
import type { Source } from '../executor/io/source.ts'
import { SqlError, SqlState } from '../planner/errors.ts'
import { blackholeSink } from './blackhole/blackhole-sink.ts'
import type { SinkConnector, SinkDefinition, SourceConnector, SourceDefinition } from './connector.ts'
import { datagenSource } from './datagen/datagen-source.ts'
import { kafkaSink } from './kafka/sink.ts'
import { kafkaSource } from './kafka/source.ts'
import { nexmarkSource } from './nexmark/nexmark-source.ts'
import { nearest } from './options.ts'

const sources: readonly SourceConnector[] = [datagenSource, kafkaSource, nexmarkSource]
const sinks: readonly SinkConnector[] = [blackholeSink, kafkaSink]

export const sourceConnectors: ReadonlyMap<string, SourceConnector> = byName(sources)
export const sinkConnectors: ReadonlyMap<string, SinkConnector> = byName(sinks)

/** The source of a definition. 22023 when the connector is missing or unknown, or its options are wrong. */
export function createSource(definition: SourceDefinition): Source {
  return find(sourceConnectors, definition.options, 'source').createSource(definition)
}

/** The sink of a definition. 22023 when the connector is missing or unknown, or its options are wrong. */
export function createSink(definition: SinkDefinition): Sink {
  return find(sinkConnectors, definition.options, 'sink').createSink(definition)
}

function byName<T extends { readonly name: string }>(connectors: readonly T[]): ReadonlyMap<string, T> {
  return new Map(connectors.map(connector => [connector.name, connector]))
}

function find<T>(connectors: ReadonlyMap<string, T>, options: ReadonlyMap<string, string>, kind: string): T {
  const name = options.get('connector')
  const known = [...connectors.keys()]
  if (name === undefined) {
    throw new SqlError(SqlState.invalidParameterValue, `option "connector" is required for a ${kind}`, {
      hint: `Connectors: ${known.join(', ')}.`,
    })
  }
  const connector = connectors.get(name.toLowerCase())
  if (connector !== undefined) return connector
  const close = nearest(name, known)
  throw new SqlError(SqlState.invalidParameterValue, `unknown ${kind} connector "${name}"`, {
    hint: close === undefined ? `Connectors: ${known.join(', ')}.` : `Perhaps you meant "${close}".`,
  })
}
