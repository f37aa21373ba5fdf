/** Option lists: WITH (…), COPY and EXPLAIN options, transaction modes, SET values. */

import type { DefElem, Node } from 'libpg-query'
import { must } from '../assert.ts'
import { SqlError, SqlState } from '../errors.ts'
import type { Option } from './ast.ts'
import { type ConvertContext, contentOf, stringsOf, tagOf } from './convert-context.ts'

export function convertOptions(nodes: readonly Node[] | undefined, context: ConvertContext): Option[] {
  return (nodes ?? []).map(node =>
    convertOption(must(contentOf(node, 'DefElem'), 'options are DefElems'), context),
  )
}

function convertOption(value: DefElem, context: ConvertContext): Option {
  const position = context.source.position(value.location)
  const name = (value.defnamespace === undefined ? '' : `${value.defnamespace}.`) + (value.defname ?? '')
  const list = contentOf(value.arg, 'List')
  return {
    name,
    value: value.arg === undefined || list !== undefined ? undefined : scalarText(value.arg, position),
    list: list === undefined ? undefined : (list.items ?? []).map(item => scalarText(item, position)),
    position,
  }
}

/** The text of a simple value: a constant without quotes, an identifier, a type name used as a word, `*`. */
export function scalarText(node: Node, position: number): string {
  if ('String' in node) return node.String.sval ?? ''
  if ('Integer' in node) return String(node.Integer.ival ?? 0)
  if ('Float' in node) return node.Float.fval ?? '0'
  if ('Boolean' in node) return node.Boolean.boolval === true ? 'true' : 'false'
  if ('TypeName' in node)
    return stringsOf(node.TypeName.names)
      .filter(name => name !== 'pg_catalog')
      .join('.')
  if ('A_Star' in node) return '*'
  const constant = contentOf(node, 'A_Const')
  if (constant !== undefined) {
    if (constant.ival !== undefined) return String(constant.ival.ival ?? 0)
    if (constant.boolval !== undefined) return constant.boolval.boolval === true ? 'true' : 'false'
    return constant.sval?.sval ?? constant.fval?.fval ?? constant.bsval?.bsval ?? ''
  }
  // SET TIME ZONE INTERVAL '1' HOUR.
  const cast = contentOf(node, 'TypeCast')
  if (cast?.arg !== undefined) return intervalText(scalarText(cast.arg, position))
  const what =
    'ParamRef' in node ? `at or near "$${node.ParamRef.number ?? 0}"` : `in option value (${tagOf(node)})`
  throw new SqlError(SqlState.syntaxError, `syntax error ${what}`, { position })
}

/** The setting's own spelling of an interval. HOUR and HOUR TO MINUTE are the only fields in the grammar. */
function intervalText(text: string): string {
  return `INTERVAL '${/^\s*[+-]?\d+\s*$/.test(text) ? `${text} hours` : text}'`
}

/** Transaction modes: transaction_isolation as its text, the boolean ones as 'true' or 'false'. */
export function convertTransactionModes(
  nodes: readonly Node[] | undefined,
  context: ConvertContext,
): Option[] {
  return convertOptions(nodes, context).map(option => {
    if (option.name === 'transaction_isolation') return option
    return { ...option, value: option.value === '1' ? 'true' : 'false' }
  })
}
