import { isStorableText } from './storable-text.ts'

/** The part of JSON Schema that grants need. */
export type JsonSchema =
  | { readonly type: 'array'; readonly items?: JsonSchema }
  | {
      readonly type: 'object'
      readonly required: readonly string[]
      /** No other member is allowed. */
      readonly properties: Readonly<Record<string, JsonSchema>>
    }
  | { readonly type: 'string'; readonly enum?: readonly string[] }
  | { readonly type: 'boolean' }

// Clients match on the words before it; the address itself was never stable.
const schemaAddress = 'urn:postern:grants#'
const maxQuotedCharacters = 100

/**
 * What is wrong with the value, in the words that clients of the classic API match on; empty when
 * it conforms. At most `maxMessages`. Looks at own members only and no deeper than the schema.
 */
export function findSchemaViolations(
  value: unknown,
  schema: JsonSchema,
  maxMessages: number,
): string[] {
  const messages: string[] = []
  check(value, schema, '#/', (message) => {
    messages.push(`${message} in schema ${schemaAddress}`)
    return messages.length < maxMessages
  })
  return messages
}

/** Takes a message; false when no more are wanted. */
type Report = (message: string) => boolean

/** False when the check was cut short because enough messages were reported. */
function check(value: unknown, schema: JsonSchema, path: string, report: Report): boolean {
  const property = `The property '${path}'`
  if (!hasType(value, schema.type)) {
    return report(
      `${property} of type ${className(value)} did not match the following type: ${schema.type}`,
    )
  }
  if (schema.type === 'array') {
    const { items } = schema
    return (
      items === undefined ||
      (value as unknown[]).every((item, index) => check(item, items, join(path, index), report))
    )
  }
  if (schema.type === 'object') return checkMembers(value as object, schema, path, report)
  if (schema.type === 'string') return checkText(value as string, schema.enum, property, report)
  return true
}

function checkMembers(
  value: object,
  schema: JsonSchema & { type: 'object' },
  path: string,
  report: Report,
): boolean {
  for (const name of schema.required) {
    if (!Object.hasOwn(value, name)) {
      const message = `The property '${path}' did not contain a required property of '${name}'`
      if (!report(message)) return false
    }
  }
  const extras: string[] = []
  for (const [name, member] of Object.entries(value)) {
    // A member called __proto__ or constructor must not find what every object inherits.
    const memberSchema = Object.hasOwn(schema.properties, name)
      ? schema.properties[name]
      : undefined
    if (memberSchema === undefined) extras.push(quote(name))
    else if (!check(member, memberSchema, join(path, name), report)) return false
  }
  if (extras.length === 0) return true
  return report(
    `The property '${path}' contains additional properties [${extras.slice(0, 10).join(', ')}] ` +
      'outside of the schema when none are allowed',
  )
}

function checkText(
  value: string,
  allowed: readonly string[] | undefined,
  property: string,
  report: Report,
): boolean {
  if (allowed === undefined) {
    return isStorableText(value) || report(`${property} contains a character that cannot be stored`)
  }
  if (allowed.includes(value)) return true
  return report(
    `${property} value ${quote(value)} did not match one of the following values: ` +
      allowed.join(', '),
  )
}

function hasType(value: unknown, type: JsonSchema['type']): boolean {
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') {
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  }
  return typeof value === type
}

/** The names that the messages have always used for JSON's types. */
function className(value: unknown): string {
  if (Array.isArray(value)) return 'Array'
  switch (typeof value) {
    case 'string':
      return 'String'
    case 'number':
      return Number.isInteger(value) ? 'Integer' : 'Float'
    case 'boolean':
      return value ? 'TrueClass' : 'FalseClass'
    case 'object':
      return value === null ? 'NilClass' : 'Hash'
    default:
      return 'NilClass'
  }
}

function join(path: string, member: string | number): string {
  return path === '#/' ? `${path}${member}` : `${path}/${member}`
}

/** The caller's own text, short enough to be shown back. */
function quote(text: string): string {
  return JSON.stringify(
    text.length > maxQuotedCharacters ? `${text.slice(0, maxQuotedCharacters)}...` : text,
  )
}
