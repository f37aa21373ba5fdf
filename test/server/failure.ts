import { SqlError } from '../../planner/errors.ts'

/** The SqlError that a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<SqlError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof SqlError) return error
    throw error
  }
  throw new Error('the promise was expected to reject')
}
