import type { SyntaxNode } from '../policy/statement-parser.ts'
import { isStorableText } from '../policy/storable-text.ts'
import { quoteIdentifier, quoteLiteral } from '../store/quote-identifier.ts'
import {
  aggregateFunctions,
  castTypes,
  geometryFunctions,
  operators,
  orderedSetFunctions,
  scalarFunctions,
} from './allowed-functions.ts'
import { nodeWords } from './node-words.ts'

/** What every FROM clause calls the source, so that nothing else can be what a column names. */
export const sourceAlias = 'source'

export type PrintContext = {
  /** True for the names of the source's columns. */
  readonly hasColumn: (name: string) => boolean
  readonly postgisSchema: string
  /** Throws: says in the caller's words what is not allowed. */
  readonly refuse: (what: string) => never
  readonly refuseColumn: (name: string) => never
}

/** How deep an expression may be nested; a chain of `+` nests once a term. */
const maxDepth = 100
/** BETWEEN, IN and CASE are written out, which repeats what they compare. */
const maxPrintedLength = 100_000

/**
 * Prints an expression of PostgreSQL's syntax tree anew: a column of the source, a literal, an
 * operator, a function or a cast of our lists, CASE and the like. Nothing of the caller's text goes
 * on: names are looked up in our lists and printed from them with their schema, so that nothing
 * anybody has created can be meant. Whatever node or member of a node is not known here is refused.
 */
export function printExpression(node: unknown, context: PrintContext): string {
  return printNode(node, context, 0)
}

type Print = (node: unknown) => string
type Printer = (body: SyntaxNode, print: Print, context: PrintContext) => string

function printNode(node: unknown, context: PrintContext, depth: number): string {
  if (depth > maxDepth) context.refuse(`nesting of more than ${maxDepth} levels`)
  const [name, body] = openNode(node)
  const printer = printers.get(name)
  if (printer === undefined) return context.refuse(nodeWords(name))
  for (const member in body) {
    if (!printer.members.has(member)) context.refuse(nodeWords(member))
  }
  const printed = printer.print(body, (child) => printNode(child, context, depth + 1), context)
  if (printed.length > maxPrintedLength) context.refuse('an expression that long')
  return printed
}

/** The type of a node and what it holds. A tree that is not one is nobody's fault but ours. */
export function openNode(node: unknown): [name: string, body: SyntaxNode] {
  const [entry, ...more] = Object.entries((node ?? {}) as SyntaxNode)
  if (entry === undefined || more.length > 0) throw new Error('The syntax tree has no such node.')
  return [entry[0], entry[1] as SyntaxNode]
}

/** The words of a dotted name; undefined when something else stands among them, a star for one. */
function wordsOf(list: unknown): string[] | undefined {
  const words = listOf(list).map((item) => {
    const [name, body] = openNode(item)
    return name === 'String' && typeof body.sval === 'string' ? body.sval : undefined
  })
  return words.every((word) => word !== undefined) ? words : undefined
}

function listOf(list: unknown): readonly unknown[] {
  return Array.isArray(list) ? list : []
}

function operator(name: string, context: PrintContext): string {
  if (!operators.has(name)) context.refuse(`the operator ${name}`)
  return `OPERATOR(pg_catalog.${name})`
}

/** The operator of an A_Expr: ours alone, whatever schema is asked for. */
function operatorOf(body: SyntaxNode, context: PrintContext): string {
  const words = wordsOf(body.name) ?? []
  const name = words.at(-1) ?? ''
  if (words.length > 1 && words[0] !== 'pg_catalog') context.refuse(`the operator ${name}`)
  return operator(name, context)
}

const printColumn: Printer = (body, _print, context) => {
  const words = wordsOf(body.fields)
  if (words === undefined) return context.refuse('a star')
  const [name = ''] = words
  // `a.b` calls the function b where a has no such column.
  if (words.length !== 1) context.refuse(`the dotted name ${words.join('.')}`)
  if (!context.hasColumn(name)) context.refuseColumn(name)
  return `${sourceAlias}.${quoteIdentifier(name)}`
}

const printConstant: Printer = (body, _print, context) => {
  if (body.isnull === true) return 'NULL'
  if (body.bsval !== undefined) return context.refuse('a bit string')
  if (body.ival !== undefined) return printNumber((body.ival as SyntaxNode).ival ?? 0, context)
  if (body.fval !== undefined) return printNumber((body.fval as SyntaxNode).fval, context)
  if (body.boolval !== undefined) {
    return (body.boolval as SyntaxNode).boolval === true ? 'true' : 'false'
  }
  const text = (body.sval as SyntaxNode | undefined)?.sval ?? ''
  if (body.sval === undefined || typeof text !== 'string' || !isStorableText(text)) {
    return context.refuse('this literal')
  }
  return quoteLiteral(text)
}

function printNumber(value: unknown, context: PrintContext): string {
  const text = String(value)
  if (!/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(text)) return context.refuse('this number')
  return `(${text})`
}

const printOperation: Printer = (body, print, context) => {
  const either = (parts: readonly string[], word: string) => `(${parts.join(` ${word} `)})`
  const compare = (left: string, name: string, right: string) =>
    `(${left} ${operator(name, context)} ${right})`
  const bounds = () => {
    const [, list] = openNode(body.rexpr)
    return listOf(list.items).map(print)
  }
  switch (body.kind) {
    case 'AEXPR_OP':
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE': {
      const left = body.lexpr === undefined ? '' : `${print(body.lexpr)} `
      return `(${left}${operatorOf(body, context)} ${print(body.rexpr)})`
    }
    case 'AEXPR_IN': {
      const left = print(body.lexpr)
      const isNot = wordsOf(body.name)?.[0] === '<>'
      const parts = bounds().map((right) => compare(left, isNot ? '<>' : '=', right))
      return either(parts, isNot ? 'AND' : 'OR')
    }
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN': {
      const [from = 'NULL', to = 'NULL'] = bounds()
      const value = print(body.lexpr)
      const isNot = body.kind === 'AEXPR_NOT_BETWEEN'
      const parts = [
        compare(value, isNot ? '<' : '>=', from),
        compare(value, isNot ? '>' : '<=', to),
      ]
      return either(parts, isNot ? 'OR' : 'AND')
    }
    case 'AEXPR_NULLIF': {
      const value = print(body.lexpr)
      return `(CASE WHEN ${compare(value, '=', print(body.rexpr))} THEN NULL ELSE ${value} END)`
    }
    default:
      return context.refuse(nodeWords(String(body.kind)))
  }
}

const printBoolean: Printer = (body, print) => {
  const parts = listOf(body.args).map(print)
  if (body.boolop === 'NOT_EXPR') return `(NOT ${parts[0]})`
  return `(${parts.join(body.boolop === 'OR_EXPR' ? ' OR ' : ' AND ')})`
}

const printCase: Printer = (body, print, context) => {
  const subject = body.arg === undefined ? undefined : print(body.arg)
  const branches = listOf(body.args).map((node) => {
    const [, branch] = openNode(node)
    const test = print(branch.expr)
    const condition =
      subject === undefined ? test : `(${subject} ${operator('=', context)} ${test})`
    return `WHEN ${condition} THEN ${print(branch.result)}`
  })
  const otherwise = body.defresult === undefined ? '' : ` ELSE ${print(body.defresult)}`
  return `(CASE ${branches.join(' ')}${otherwise} END)`
}

const printCast: Printer = (body, print, context) => {
  const type = body.typeName as SyntaxNode
  const words = wordsOf(type.names) ?? []
  const name = words.at(-1) ?? ''
  const maxModifiers = castTypes.get(name)
  const isBare = words.length === 1 || (words.length === 2 && words[0] === 'pg_catalog')
  const isPlain = [type.arrayBounds, type.setof, type.pct_type].every((it) => it === undefined)
  const modifiers = listOf(type.typmods).map((node) => {
    const [kind, constant] = openNode(node)
    const { ival } = (constant.ival ?? {}) as SyntaxNode
    const value = kind === 'A_Const' && constant.ival !== undefined ? (ival ?? 0) : undefined
    return typeof value === 'number' ? value : context.refuse(`a cast to ${name}`)
  })
  if (!isBare || !isPlain || maxModifiers === undefined || modifiers.length > maxModifiers) {
    return context.refuse(`a cast to ${words.join('.')}${isPlain ? '' : '[]'}`)
  }
  const suffix = modifiers.length === 0 ? '' : `(${modifiers.join(', ')})`
  return `CAST(${print(body.arg)} AS pg_catalog.${name}${suffix})`
}

const printCall: Printer = (body, print, context) => {
  const words = wordsOf(body.funcname) ?? []
  const name = words.at(-1) ?? ''
  const refuseCall = () => context.refuse(`the function ${words.join('.')}`)
  const schema = geometryFunctions.has(name) ? context.postgisSchema : 'pg_catalog'
  if (words.length > 2 || (words.length === 2 && words[0] !== schema)) return refuseCall()
  const args = listOf(body.args).map(print)
  // Any value will do, and PostgreSQL has no `any_value` before version 16.
  const isAnyValue = name === 'any_value'
  const isAggregate = isAnyValue || aggregateFunctions.has(name)
  const isOrdered = orderedSetFunctions.has(name)
  if (!isAggregate && !isOrdered && !scalarFunctions.has(name) && !geometryFunctions.has(name)) {
    return refuseCall()
  }
  if (body.agg_star === true && name !== 'count') return context.refuse(`${name}(*)`)
  if (body.agg_distinct === true && !isAggregate) return context.refuse(`DISTINCT in ${name}`)
  if (body.agg_filter !== undefined && !isAggregate) return context.refuse(`FILTER of ${name}`)
  if ((body.agg_within_group === true) !== isOrdered) return context.refuse(`${name} as it stands`)
  if (body.agg_order !== undefined && !isOrdered) return context.refuse(`ORDER BY in ${name}`)

  const distinct = body.agg_distinct === true ? 'DISTINCT ' : ''
  const values = body.agg_star === true ? '*' : args.join(', ')
  const order = listOf(body.agg_order).map((node) => printOrder(node, print, context))
  const within = isOrdered ? ` WITHIN GROUP (ORDER BY ${order.join(', ')})` : ''
  const filter = body.agg_filter === undefined ? '' : ` FILTER (WHERE ${print(body.agg_filter)})`
  const callee = `${quoteIdentifier(schema)}.${isAnyValue ? 'min' : name}`
  return `${callee}(${distinct}${values})${within}${filter}`
}

const directions = new Map<unknown, string>([
  ['SORTBY_DEFAULT', ''],
  ['SORTBY_ASC', ' ASC'],
  ['SORTBY_DESC', ' DESC'],
])
const nullPlaces = new Map<unknown, string>([
  ['SORTBY_NULLS_DEFAULT', ''],
  ['SORTBY_NULLS_FIRST', ' NULLS FIRST'],
  ['SORTBY_NULLS_LAST', ' NULLS LAST'],
])

function printOrder(node: unknown, print: Print, context: PrintContext): string {
  const [, body] = openNode(node)
  const direction = directions.get(body.sortby_dir)
  const nulls = nullPlaces.get(body.sortby_nulls)
  if (direction === undefined || nulls === undefined || body.useOp !== undefined) {
    return context.refuse('ORDER BY USING')
  }
  return `${print(body.node)}${direction}${nulls}`
}

/** A printer, and every member that its node may have. */
type Entry = { readonly members: ReadonlySet<string>; readonly print: Printer }

function entry(members: readonly string[], print: Printer): Entry {
  return { members: new Set([...members, 'location']), print }
}

const nullTests = new Map<unknown, string>([
  ['IS_NULL', 'IS NULL'],
  ['IS_NOT_NULL', 'IS NOT NULL'],
])
const booleanTests = new Map<unknown, string>(
  ['TRUE', 'NOT_TRUE', 'FALSE', 'NOT_FALSE', 'UNKNOWN', 'NOT_UNKNOWN'].map((test) => [
    `IS_${test}`,
    `IS ${test.replace('_', ' ')}`,
  ]),
)

function test(kinds: ReadonlyMap<unknown, string>, member: string): Printer {
  return (body, print, context) => {
    const words = kinds.get(body[member]) ?? context.refuse(nodeWords(member))
    return `(${print(body.arg)} ${words})`
  }
}

const printers: ReadonlyMap<string, Entry> = new Map([
  ['ColumnRef', entry(['fields'], printColumn)],
  ['A_Const', entry(['isnull', 'ival', 'fval', 'sval', 'boolval', 'bsval'], printConstant)],
  [
    'A_Expr',
    entry(['kind', 'name', 'lexpr', 'rexpr', 'rexpr_list_start', 'rexpr_list_end'], printOperation),
  ],
  ['BoolExpr', entry(['boolop', 'args'], printBoolean)],
  ['CaseExpr', entry(['arg', 'args', 'defresult'], printCase)],
  [
    'CoalesceExpr',
    entry(['args'], (body, print) => `COALESCE(${listOf(body.args).map(print).join(', ')})`),
  ],
  [
    'MinMaxExpr',
    entry(['op', 'args'], (body, print) => {
      const name = body.op === 'IS_GREATEST' ? 'GREATEST' : 'LEAST'
      return `${name}(${listOf(body.args).map(print).join(', ')})`
    }),
  ],
  ['NullTest', entry(['arg', 'nulltesttype'], test(nullTests, 'nulltesttype'))],
  ['BooleanTest', entry(['arg', 'booltesttype'], test(booleanTests, 'booltesttype'))],
  ['TypeCast', entry(['arg', 'typeName'], printCast)],
  [
    'FuncCall',
    entry(
      [
        'funcname',
        'args',
        'agg_star',
        'agg_distinct',
        'agg_filter',
        'agg_order',
        'agg_within_group',
        'funcformat',
      ],
      printCall,
    ),
  ],
])
