/**
 * What a connector is: how CREATE SOURCE and CREATE SINK reach the code of one folder. registry.ts lists
 * them.
 */

import type { Sink } from '../executor/io/sink.ts'
import type { Source } from '../executor/io/source.ts'
import type { IncludeColumn } from '../planner/bind/bound-statement.ts'
import type { Schema } from '../planner/schema.ts'

/**
 * FORMAT row ENCODE encode (options), lower case as the parser gives them; the connector decides what it
 * knows.
 */
export interface FormatDefinition {
  /** plain, upsert, debezium … */
  readonly row: string
  /** json, csv, bytes, avro … */
  readonly encode: string
  readonly options: ReadonlyMap<string, string>
}

/** CREATE SOURCE, or CREATE TABLE … WITH (connector = …). */
export interface SourceDefinition {
  readonly name: string
  /** All columns of the relation, INCLUDE columns too. */
  readonly schema: Schema
  /** WITH options by name, `connector` among them. */
  readonly options: ReadonlyMap<string, string>
  /** undefined when the statement has no FORMAT clause. */
  readonly format: FormatDefinition | undefined
  readonly includes: readonly IncludeColumn[]
  /** Column indexes of PRIMARY KEY; empty when none is declared. */
  readonly primaryKey: readonly number[]
}

/** CREATE SINK. The rows' schema and key come with SinkContext when it is validated and opened. */
export interface SinkDefinition {
  readonly name: string
  readonly options: ReadonlyMap<string, string>
  readonly format: FormatDefinition | undefined
}

/** Checks the options (22023 and 0A000 for a user's mistakes) without reaching the outside. */
export interface SourceConnector {
  readonly name: string
  createSource(definition: SourceDefinition): Source
}

export interface SinkConnector {
  readonly name: string
  createSink(definition: SinkDefinition): Sink
}
