/**
 * What PostgreSQL's scanner would do with a text. It takes the longest run of operator characters and then
 * gives back what is not part of the first operator, so that a run of n signs, as in `- - -` without the
 * blanks, or of comment starts costs n² steps: minutes for a text of full length. PostgreSQL bears that, in a
 * process of its own; here all clients would wait.
 */

const isOperator = new Uint8Array(128)
for (const character of '~!@#^&|`?+-*/%<>=') isOperator[character.charCodeAt(0)] = 1
/** Texts below this cannot cost much. */
const SHORT_TEXT = 4096
/** Some 25 ms. */
export const scanStepsMax = 20_000_000

/**
 * An upper bound of the steps that runs of operator characters cost. Those in quotes cost nothing and are
 * counted too: a simple count that errs on the safe side.
 */
export function scanSteps(text: string): number {
  if (text.length < SHORT_TEXT) return 0
  let steps = 0
  let run = 0
  for (let at = 0; at < text.length; at++) {
    if (isOperator[text.charCodeAt(at)] === 1) run++
    else if (run > 0) {
      steps += run * run
      run = 0
    }
  }
  return steps + run * run
}
