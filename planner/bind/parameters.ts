/**
 * Types of `$n`: declared by the client, or inferred from the first place that wants a type of it, each
 * occurrence on its own, as PostgreSQL's variable parameters (parse_param.c).
 */

import { SqlError, SqlState } from '../errors.ts'
import type { Expression, Position } from '../expression.ts'
import type { DataType } from '../types.ts'
import { formatType, sameBaseType, unknownType } from '../types.ts'

const parametersMax = 65535

type Parameter = Expression & { readonly kind: 'parameter' }

export class Parameters {
  /** undefined where nothing is known yet. */
  readonly #types: (DataType | undefined)[]
  readonly #allowed: boolean
  /** Occurrences that no context has given a type yet. */
  readonly #pending = new Map<Parameter, Position>()

  /** `declared` undefined: the statement can have no parameters. */
  constructor(declared: readonly (DataType | undefined)[] | undefined) {
    this.#allowed = declared !== undefined
    this.#types = [...(declared ?? [])]
  }

  /** `$number`; of type unknown until the context wants one. */
  bind(number: number, position: Position): Expression {
    if (!this.#allowed || number < 1 || number > parametersMax) {
      throw new SqlError(SqlState.undefinedParameter, `there is no parameter $${number}`, { position })
    }
    const index = number - 1
    while (this.#types.length <= index) this.#types.push(undefined)
    const parameter: Parameter = { kind: 'parameter', index, type: this.#types[index] ?? unknownType }
    if (parameter.type.kind === 'unknown') this.#pending.set(parameter, position)
    return parameter
  }

  /** An occurrence of unknown type, wanted as `type` (which has no modifier). */
  resolve(parameter: Parameter, type: DataType): Expression {
    const position = this.#pending.get(parameter)
    this.#pending.delete(parameter)
    const known = this.#types[parameter.index]
    if (known !== undefined && !sameBaseType(known, type)) {
      throw new SqlError(
        SqlState.ambiguousParameter,
        `inconsistent types deduced for parameter $${parameter.index + 1}`,
        { position, detail: `${formatType(known)} versus ${formatType(type)}` },
      )
    }
    this.#types[parameter.index] = type
    return { ...parameter, type }
  }

  /** The types of all parameters, when the whole statement is bound; 42P18 when one is unknown. */
  finish(): readonly DataType[] {
    for (const [parameter, position] of this.#pending) {
      if (this.#types[parameter.index] !== undefined) {
        throw new SqlError(SqlState.ambiguousParameter, undetermined(parameter.index), { position })
      }
    }
    return this.#types.map((type, index) => {
      if (type === undefined) throw new SqlError(SqlState.indeterminateDatatype, undetermined(index))
      return type
    })
  }
}

function undetermined(index: number): string {
  return `could not determine data type of parameter $${index + 1}`
}
