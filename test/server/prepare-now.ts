import type { SessionStatement } from '../../server/portal.ts'
import type { DatabaseSession } from '../../server/session.ts'

/** `session.prepare` of a short text, which is done at once. */
export function prepareNow(
  session: DatabaseSession,
  name: string,
  text: string,
  parameterOids: readonly number[] = [],
): SessionStatement {
  const prepared = session.prepare(name, text, parameterOids)
  if (prepared instanceof Promise) throw new TypeError('a long text')
  return prepared
}
