/** UNION ALL: the rows of every input as they come. */

import type { DeltaBatch } from '../batch/delta-batch.ts'
import type { Operator, Output, Watermark } from './operator.ts'

export class UnionAll implements Operator {
  process(_input: number, batch: DeltaBatch, output: Output): void {
    output.push(batch)
  }

  /** The pipeline calls it with the minimum over all inputs. */
  advance(watermark: Watermark): Watermark {
    return watermark
  }

  flush(): void {}

  close(): void {}
}
