/** What the engine needs of a model runtime. Declared here, with the caller; udf/ implements it. */

import type { SqlError } from '../../planner/errors.ts'
import type { Column } from '../batch/column.ts'

export interface ModelScorer {
  /**
   * The scores of `length` rows by this version of the model. `args` has one column per model input, of the
   * types the model declares, without NULLs. The columns may be read until the promise settles. Rejects
   * with an SqlError when the model cannot score at all.
   */
  score(model: string, version: number, args: readonly Column[], length: number): Promise<Scores>
}

export interface Scores {
  /** Of the model's result type, one row per row scored; NULL where the row failed. */
  readonly column: Column
  /**
   * Rows that could not be scored (a feature vector of the wrong length, a NULL in it, a NaN from the
   * model) and why: what an expression's run-time error is to other functions, so the evaluation context's
   * onError decides.
   */
  readonly failures: ReadonlyMap<number, SqlError>
}
