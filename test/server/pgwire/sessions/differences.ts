/** What is different from PostgreSQL on purpose in more than one scripted session. */

import type { Difference } from './script.ts'

/** PostgreSQL logs what it thinks of a frame and closes the connection without a word. */
export function saysWhyItCloses(message: string): Difference {
  const error = fatal('08P01', message)
  return { why: 'the client is told why the connection ends', changes: [['', error]] }
}

export function fatal(code: string, message: string): string {
  return `ErrorResponse\n  S FATAL\n  V FATAL\n  C ${code}\n  M ${message}`
}

export function error(code: string, message: string): string {
  return fatal(code, message).replaceAll('FATAL', 'ERROR')
}

/** Rows that were found before the one that fails. */
export function failsByTheBatch(rows: string): Difference {
  return {
    why: 'rows are computed by the batch: one that fails takes those of its batch with it',
    changes: [[rows, '']],
  }
}

/** `description`: what is sent before the error. */
export function constantsAreNotFolded(description: string): Difference {
  const why =
    'expressions of constants and parameters are computed when the query runs, not when it is planned'
  return { why, changes: [['ErrorResponse\n', `${description}ErrorResponse\n`]] }
}

export const noFunctionCalls =
  'functions are called in SQL; what calls them by message, large objects, is not there'

export const protocolTwo = 'we speak protocol 3.2, PostgreSQL 15 speaks 3.0'
