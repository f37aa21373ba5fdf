import { Slicer } from '../../executor/runtime/slicer.ts'
import { Turns } from '../../executor/runtime/turns.ts'

/** For what is to run to its end at once. */
export const endlessSlice = new Slicer(Number.POSITIVE_INFINITY, () => 0, new Turns())
