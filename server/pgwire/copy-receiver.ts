/**
 * COPY … FROM STDIN: takes CopyData until CopyDone or CopyFail. Flush and Sync mean nothing meanwhile; any
 * other message ends the connection, since what it was meant for is not known.
 */

import type { Slicer } from '../../executor/runtime/slicer.ts'
import { SqlError, SqlState } from '../../planner/errors.ts'
import { decodeClientText } from '../encoding/client-text.ts'
import type { ClientEncoding } from '../encoding/encoding-names.ts'
import type { StatementResult } from '../session-contract.ts'
import { writeCopyResponse, writeError } from './backend-messages.ts'
import type { Frame } from './frame-reader.ts'
import type { OutputBuffer } from './output-buffer.ts'

/** The messages that come while one is being handled. */
export interface FrameSource {
  /** undefined when there is none yet. The one before is not needed any more. */
  next(): Frame | undefined
  /** Resolves when more has arrived, or the signal aborts; false when the connection has ended. */
  wait(signal: AbortSignal): Promise<boolean>
}

interface Receiving {
  readonly output: OutputBuffer
  readonly frames: FrameSource
  readonly slicer: Slicer
}

export type CopyIn = StatementResult & { readonly kind: 'copy_in' }

/** Bytes of data taken at once: between two such pieces other clients may have their turn. */
const PIECE_BYTES = 256 * 1024

/** Resolves with the command tag. */
export async function receiveCopy(copy: CopyIn, receiving: Receiving): Promise<string> {
  const { output, slicer } = receiving
  writeCopyResponse(output, 'in', copy.format, copy.columnCount)
  output.flush()
  slicer.restart()
  try {
    return await receiveData(copy, receiving)
  } finally {
    copy.input.close()
  }
}

async function receiveData(
  { input, signal }: CopyIn,
  { output, frames, slicer }: Receiving,
): Promise<string> {
  for (;;) {
    if (signal.aborted) throw input.located(signal.reason as SqlError)
    const frame = frames.next()
    if (frame === undefined) {
      input.flush()
      if (!(await frames.wait(signal))) throw connectionLost()
      slicer.restart()
      continue
    }
    switch (String.fromCharCode(frame.type)) {
      case 'd':
        if (frame.refusal !== undefined) throw input.located(tooLong())
        for (let at = 0; at < frame.body.length; at += PIECE_BYTES) {
          input.write(frame.body.subarray(at, at + PIECE_BYTES))
          if (slicer.expired()) await slicer.pause()
        }
        break
      case 'c':
        return await input.finish()
      case 'f':
        input.flush()
        throw input.located(failed(frame.body, output.encoding))
      case 'H':
      case 'S':
        break
      default:
        input.flush()
        throw outOfStep(frame, output, input.located)
    }
  }
}

function failed(body: Buffer, encoding: ClientEncoding): SqlError {
  const end = body.indexOf(0)
  const reason = decodeClientText(body.subarray(0, end < 0 ? body.length : end), encoding)
  return new SqlError(SqlState.queryCanceled, `COPY from stdin failed: ${reason}`)
}

function tooLong(): SqlError {
  return new SqlError(SqlState.programLimitExceeded, 'message of type "d" is too long')
}

function connectionLost(): SqlError {
  return new SqlError(
    SqlState.protocolViolation,
    'unexpected EOF on client connection with an open transaction',
    { severity: 'FATAL' },
  )
}

/** Writes the error of the statement; returns the one that ends the connection. */
function outOfStep(frame: Frame, output: OutputBuffer, located: (error: SqlError) => SqlError): SqlError {
  const type = frame.type.toString(16).toUpperCase().padStart(2, '0')
  const message = `unexpected message type 0x${type} during COPY from stdin`
  writeError(output, located(new SqlError(SqlState.protocolViolation, message)), false)
  return new SqlError(
    SqlState.protocolViolation,
    'terminating connection because protocol synchronization was lost',
    { severity: 'FATAL' },
  )
}
