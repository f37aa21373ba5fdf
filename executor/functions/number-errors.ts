/** The errors of arithmetic, in PostgreSQL's words. */

import { SqlError, SqlState } from '../../planner/errors.ts'

const integerNames = { int2: 'smallint', int4: 'integer', int8: 'bigint' } as const

/** 22003 `integer out of range` and its like. */
export function outOfRange(kind: keyof typeof integerNames): SqlError {
  return new SqlError(SqlState.numericValueOutOfRange, `${integerNames[kind]} out of range`)
}

export function smallintOutOfRange(): SqlError {
  return outOfRange('int2')
}

export function integerOutOfRange(): SqlError {
  return outOfRange('int4')
}

export function bigintOutOfRange(): SqlError {
  return outOfRange('int8')
}

export function divisionByZero(): SqlError {
  return new SqlError(SqlState.divisionByZero, 'division by zero')
}

export function floatOverflow(): SqlError {
  return new SqlError(SqlState.numericValueOutOfRange, 'value out of range: overflow')
}

export function floatUnderflow(): SqlError {
  return new SqlError(SqlState.numericValueOutOfRange, 'value out of range: underflow')
}

export function inputOutOfRange(): SqlError {
  return new SqlError(SqlState.numericValueOutOfRange, 'input is out of range')
}

export function numericOverflow(): SqlError {
  return new SqlError(SqlState.numericValueOutOfRange, 'value overflows numeric format')
}
