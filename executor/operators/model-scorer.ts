/** What the engine needs of a model runtime. Declared here, with the caller; udf/ implements it. */

import type { Column } from '../batch/column.ts'

export interface ModelScorer {
  /**
   * The scores of `length` rows by this version of the model; resolves to a column of the model's result type and that
   * length. `args` has one column per model input, of the types the model declares, without NULLs. The columns may be
   * read until the promise settles. Rejects with an SqlError when the model cannot score.
   */
  score(model: string, version: number, args: readonly Column[], length: number): Promise<Column>
}
