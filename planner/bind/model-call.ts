/**
 * Calls of models, by the argument rules of the dialect page: positional or by name, a feature vector as one
 * array or, where it is the only input, as its k scalars.
 */

import type { Model, ModelInput } from '../catalog.ts'
import { notSupported, SqlError, SqlState } from '../errors.ts'
import type { Expression, Position } from '../expression.ts'
import { someExpression } from '../expression-tree.ts'
import type { FunctionArgument, FunctionCall } from '../sql/ast.ts'
import type { Steps } from '../steps.ts'
import type { DataType } from '../types.ts'
import { arrayOf, boolType, formatType } from '../types.ts'
import type { ExpressionBinder } from './binder.ts'
import { bindAll } from './binder.ts'
import { tryCoerce, typeName } from './coerce.ts'
import { missingFunction } from './function-error.ts'

/** PREDICT(model, arguments …). */
export function* bindPredict(binder: ExpressionBinder, call: FunctionCall): Steps<Expression> {
  const [first, ...rest] = call.args
  const reference = first?.value
  if (reference === undefined || reference.kind !== 'column' || reference.path.length > 2) {
    throw new SqlError(
      SqlState.undefinedObject,
      'the first argument of PREDICT must be the name of a model',
      {
        position: call.position || undefined,
      },
    )
  }
  const name = reference.path[reference.path.length - 1] ?? ''
  const model = binder.statement.findModel(reference.path[reference.path.length - 2], name)
  if (model === undefined) throw missingModel(reference.path.join('.'), reference.position || undefined)
  return yield* bindModelCall(binder, model, call, rest)
}

export function missingModel(name: string, position: Position): SqlError {
  return new SqlError(SqlState.undefinedObject, `model "${name}" does not exist`, { position })
}

export function* bindModelCall(
  binder: ExpressionBinder,
  model: Model,
  call: FunctionCall,
  args: readonly FunctionArgument[],
): Steps<Expression> {
  rejectAggregateSyntax(call, model)
  const values = yield* bindAll(
    binder,
    args.map(argument => argument.value),
  )
  const bound = args.map(({ name }, index) => ({ name, value: values[index] as Expression }))
  return modelCall(binder, model, call, bound)
}

interface Argument {
  readonly name: string | undefined
  readonly value: Expression
}

/** The score expression over bound arguments. */
export function modelCall(
  binder: ExpressionBinder,
  model: Model,
  call: FunctionCall,
  args: readonly Argument[],
): Expression {
  binder.statement.dependsOn.add(model.id)
  const converted =
    spreadVector(binder, model, args) ??
    assignArguments(model, call, args, binder).map((value, index) =>
      convert(binder, model, value, model.inputs[index] as ModelInput),
    )
  return {
    kind: 'model',
    model: model.name,
    modelVersion: model.version,
    args: converted,
    type: model.returns,
    position: call.position || undefined,
  }
}

/** 0A000 for a model call where rows are not scored. */
export function refuseModelCall(expression: Expression, clause: string): void {
  someExpression(expression, part => {
    if (part.kind === 'model') throw notSupported(`a model call in ${clause}`, { position: part.position })
    return false
  })
}

/** k scalars for the only input, a vector of k; undefined when the call is not of that form. */
function spreadVector(
  binder: ExpressionBinder,
  model: Model,
  args: readonly Argument[],
): readonly Expression[] | undefined {
  const [input] = model.inputs
  if (input?.spreadLength === undefined || model.inputs.length !== 1) return undefined
  if (args.length !== input.spreadLength || args.some(argument => argument.name !== undefined))
    return undefined
  if (args.length === 1 && !isScalar(args[0]?.value.type)) return undefined
  const elements = args.map(argument => convertTo(binder, model, argument.value, input, input.elementType))
  return [nullIfAnyNull(elements, { kind: 'array', elements, type: arrayOf(input.elementType) })]
}

/** NULL where an element is: a scalar argument that is NULL makes the call NULL, as any argument does. */
function nullIfAnyNull(elements: readonly Expression[], vector: Expression): Expression {
  const tests: Expression[] = elements
    .filter(element => element.kind !== 'literal' || element.text === null)
    .map(input => ({ kind: 'is_null', input, negated: false, type: boolType }))
  const [first] = tests
  if (first === undefined) return vector
  const condition: Expression = tests.length === 1 ? first : { kind: 'or', args: tests, type: boolType }
  const missing: Expression = { kind: 'literal', text: null, type: vector.type, position: undefined }
  return {
    kind: 'case',
    branches: [{ when: condition, then: missing }],
    otherwise: vector,
    type: vector.type,
  }
}

function isScalar(type: DataType | undefined): boolean {
  return type !== undefined && type.kind !== 'array' && type.kind !== 'unknown'
}

/** The argument of every input, in the inputs' order. */
function assignArguments(
  model: Model,
  call: FunctionCall,
  args: readonly Argument[],
  binder: ExpressionBinder,
): readonly Expression[] {
  const fail = () => wrongArguments(binder, model, call, args)
  const slots: (Expression | undefined)[] = model.inputs.map(() => undefined)
  for (const [index, argument] of args.entries()) {
    const slot = argument.name === undefined ? index : inputIndex(model, argument.name)
    if (slot < 0 || slot >= slots.length || slots[slot] !== undefined) throw fail()
    slots[slot] = argument.value
  }
  return slots.map(value => {
    if (value === undefined) throw fail()
    return value
  })
}

/** Names of inputs may have capitals; an unquoted name finds them too. */
function inputIndex(model: Model, name: string): number {
  const exact = model.inputs.findIndex(input => input.name === name)
  return exact === -1 ? model.inputs.findIndex(input => input.name.toLowerCase() === name) : exact
}

function convert(binder: ExpressionBinder, model: Model, value: Expression, input: ModelInput): Expression {
  return convertTo(binder, model, value, input, input.type)
}

/** Arguments convert as in an assignment. */
function convertTo(
  binder: ExpressionBinder,
  model: Model,
  value: Expression,
  input: ModelInput,
  type: DataType,
): Expression {
  const converted = tryCoerce(binder.statement, value, type, 'assignment')
  if (converted !== undefined) return converted
  throw new SqlError(
    SqlState.datatypeMismatch,
    `input "${input.name}" of model "${model.name}" is of type ${formatType(type)}` +
      ` but expression is of type ${typeName(value.type)}`,
    {
      position: binder.statement.locationOf(value),
      hint: 'You will need to rewrite or cast the expression.',
    },
  )
}

function wrongArguments(
  binder: ExpressionBinder,
  model: Model,
  call: FunctionCall,
  args: readonly Argument[],
): SqlError {
  const error = missingFunction(
    binder.statement,
    call,
    args.map(argument => argument.value.type),
    'none',
  )
  const inputs = model.inputs.map(input => `${input.name} ${formatType(input.type)}`).join(', ')
  return new SqlError(error.code, error.message, {
    position: error.position,
    hint: `The model takes (${inputs}).`,
  })
}

function rejectAggregateSyntax(call: FunctionCall, model: Model): void {
  if (!call.star && !call.distinct && call.orderBy.length === 0 && call.filter === undefined) return
  throw new SqlError(SqlState.wrongObjectType, `${model.name} is a model, not an aggregate function`, {
    position: call.position || undefined,
  })
}
