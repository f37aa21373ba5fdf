/** A sink that drops everything: for measuring a job without the cost of a target. */

import type { Sink, SinkWriter } from '../../executor/io/sink.ts'
import type { SinkConnector } from '../connector.ts'
import { OptionReader } from '../options.ts'

export const blackholeSink: SinkConnector = {
  name: 'blackhole',
  createSink(definition): Sink {
    new OptionReader(definition.options, 'connector "blackhole"').finish()
    return { validate: async () => {}, open: async () => writer }
  },
}

const writer: SinkWriter = { write: async () => {}, close: async () => {} }
