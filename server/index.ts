/** The package's public entry: `import { Millrace } from 'millrace'`. */

export type { Notice, SqlErrorFields } from '../planner/errors.ts'
export { SqlError } from '../planner/errors.ts'
export type { InsertRows } from './embedded/insert.ts'
export type { Parsers } from './embedded/js-values.ts'
export type { ListenAddress, MillraceEvents, MillraceOptions, Progress } from './embedded/millrace.ts'
export { Millrace } from './embedded/millrace.ts'
export type {
  MillraceSession,
  MillraceTransaction,
  Queryable,
  QueryOptions,
} from './embedded/millrace-session.ts'
export type { FieldInfo, QueryResult, RowOptions } from './embedded/results.ts'
export type { Change, SubscribeOptions } from './embedded/subscribe.ts'
