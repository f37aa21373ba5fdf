/** Every scripted session, by the file that it is recorded in. */

import { bindingScripts } from './binding.ts'
import { copyScripts } from './copy.ts'
import { extendedScripts } from './extended.ts'
import { itselfScripts } from './itself.ts'
import { portalScripts } from './portals.ts'
import { preparedScripts } from './prepared.ts'
import type { Script } from './script.ts'
import { settingScripts } from './settings.ts'
import { simpleScripts } from './simple.ts'
import { startupScripts } from './startup.ts'
import { transactionScripts } from './transactions.ts'

export const scriptsByTopic: Readonly<Record<string, readonly Script[]>> = {
  simple: simpleScripts,
  transactions: transactionScripts,
  extended: extendedScripts,
  binding: bindingScripts,
  portals: portalScripts,
  prepared: preparedScripts,
  itself: itselfScripts,
  copy: copyScripts,
  settings: settingScripts,
  startup: startupScripts,
}
