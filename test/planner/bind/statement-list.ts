/** Lists of statements as text, each ended by a semicolon; a long one goes on in the next line, indented. */

export function statementsOf(text: string): readonly string[] {
  return text
    .split(/;\n/)
    .map(statement => statement.trim().replaceAll(/\n {2}/g, ' '))
    .filter(statement => statement !== '')
}
