/**
 * What a session does, for pg_stat_activity: its last statement and when things began. Times are
 * milliseconds.
 */

import { redactSecrets } from './auth/redact-secrets.ts'

/** PostgreSQL keeps as many bytes of a statement (track_activity_query_size). */
const SHOWN_LENGTH_MAX = 1024
/** More than is shown: asterisks may be shorter than a secret. */
const KEPT_LENGTH_MAX = 4 * SHOWN_LENGTH_MAX

export class SessionActivity {
  readonly startedAt = Date.now()
  #text = ''
  #statementStartedAt: number | undefined
  #changedAt = Date.now()

  /** A statement begins. */
  begin(text: string): void {
    this.#text = text.length > KEPT_LENGTH_MAX ? copyOfStart(text) : text
    this.#statementStartedAt = Date.now()
    this.#changedAt = this.#statementStartedAt
  }

  /** It ended, and the client may send the next one. */
  end(): void {
    this.#changedAt = Date.now()
  }

  /** The text without secrets; '' before the first statement. */
  get shownText(): string {
    return redactSecrets(this.#text).slice(0, SHOWN_LENGTH_MAX)
  }

  get statementStartedAt(): number | undefined {
    return this.#statementStartedAt
  }

  get changedAt(): number {
    return this.#changedAt
  }
}

/** A slice would keep the whole text alive, in every session that is idle. */
function copyOfStart(text: string): string {
  return Buffer.from(text.slice(0, KEPT_LENGTH_MAX)).toString()
}
