/** Options of the commands in this folder: `--seconds 300 --seed 7 …`, whole numbers all. */

import { parseArgs } from 'node:util'

/** `defaults` names the options; anything else is an error. */
export function readOptions<Name extends string>(
  args: readonly string[],
  defaults: Readonly<Record<Name, number>>,
): Record<Name, number> {
  const names = Object.keys(defaults) as Name[]
  const options = Object.fromEntries(names.map(name => [name, { type: 'string' as const }]))
  const { values } = parseArgs({ args: [...args], options })
  return Object.fromEntries(
    names.map(name => [name, wholeNumber(name, values[name], defaults[name])]),
  ) as Record<Name, number>
}

function wholeNumber(name: string, text: unknown, otherwise: number): number {
  if (text === undefined) return otherwise
  if (typeof text !== 'string' || !/^\d+$/.test(text)) throw new Error(`--${name} takes a whole number`)
  return Number(text)
}
