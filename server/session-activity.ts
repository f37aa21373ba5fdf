/**
 * What a session does, for pg_stat_activity: its last statement and when things began. Times are
 * milliseconds.
 */

import { redactSecrets } from './auth/redact-secrets.ts'

/** PostgreSQL keeps as many bytes of a statement (track_activity_query_size). */
const SHOWN_LENGTH_MAX = 1024

export class SessionActivity {
  readonly startedAt = Date.now()
  #text = ''
  #statementStartedAt: number | undefined
  #changedAt = Date.now()

  /** A statement begins. */
  begin(text: string): void {
    this.#text = text
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
