import type { Api } from '../credential/principal.ts'
import type { Grants, SchemaGrant, TableGrant, Verb } from './grants.ts'
import { grantsSchema, type SectionType, sectionTypes } from './grants-schema.ts'
import { findSchemaViolations } from './json-schema.ts'

export type GrantsResult =
  | { readonly ok: true; readonly grants: Grants }
  | { readonly ok: false; readonly messages: readonly string[]; readonly refusedBy: RefusedBy }

/**
 * `validation`: each message starts with the word `Grants`, and together they follow the words
 * `Validation failed: `. `saving`: the grants were valid but cannot be kept; the one message stands
 * alone, and is not reached when anything else about the key was invalid.
 */
type RefusedBy = 'validation' | 'saving'

const maxEntries = 10_000
const maxMessages = 20

/** A section that conforms to the schema. */
type Section = {
  readonly type: SectionType
  readonly apis?: readonly Api[]
  readonly tables?: readonly { schema: string; name: string; permissions: readonly Verb[] }[]
  readonly schemas?: readonly SchemaGrant[]
  readonly table_metadata?: readonly unknown[]
  readonly services?: readonly string[]
  readonly data?: readonly string[]
  readonly datasets?: readonly string[]
}

/**
 * Reads the `grants` of a request to create an API key. Never throws, whatever the value; looks
 * at own members only. Whether the named tables exist is not decided here.
 */
export function parseGrants(value: unknown): GrantsResult {
  if (typeof value === 'number' || typeof value === 'boolean') {
    return invalid('wrongly formatted (not a Hash or invalid JSON)')
  }
  if (!Array.isArray(value)) return invalid('["grants has to be an array"]')
  if (hasMoreEntriesThan(value, maxEntries)) {
    return invalid(`has too many entries (maximum is ${maxEntries})`)
  }
  const messages = [
    ...findSectionCountErrors(value),
    ...findSchemaViolations(value, grantsSchema, maxMessages),
  ]
  if (messages.length > 0) return invalid(...messages)

  const sections = value as Section[]
  if (findSection(sections, 'apis')?.apis === undefined) {
    return { ok: false, refusedBy: 'saving', messages: ['apis array is needed for type "apis"'] }
  }
  return { ok: true, grants: normalise(sections) }
}

function invalid(...messages: string[]): GrantsResult {
  return {
    ok: false,
    refusedBy: 'validation',
    messages: messages.map((message) => `Grants ${message}`),
  }
}

/** Counts sections, their members' items, and the permissions of those. */
function hasMoreEntriesThan(sections: readonly unknown[], limit: number): boolean {
  let entries = sections.length
  for (const section of sections) {
    for (const items of arraysIn(section)) {
      entries += items.length
      if (entries > limit) return true
      for (const item of items) for (const nested of arraysIn(item)) entries += nested.length
    }
  }
  return entries > limit
}

function arraysIn(value: unknown): unknown[][] {
  return typeof value === 'object' && value !== null
    ? Object.values(value).filter((member) => Array.isArray(member))
    : []
}

function findSectionCountErrors(sections: readonly unknown[]): string[] {
  const counts = new Map<unknown, number>()
  for (const section of sections) {
    const type = sectionTypeOf(section)
    counts.set(type, (counts.get(type) ?? 0) + 1)
  }
  return sectionTypes
    .filter((type) => {
      const count = counts.get(type) ?? 0
      return type === 'apis' ? count !== 1 : count > 1
    })
    .map((type) => `only one ${type} section is allowed`)
}

function sectionTypeOf(section: unknown): unknown {
  return typeof section === 'object' && section !== null && Object.hasOwn(section, 'type')
    ? (section as { type: unknown }).type
    : undefined
}

function findSection(sections: readonly Section[], type: SectionType): Section | undefined {
  return sections.find((section) => section.type === type)
}

function normalise(sections: readonly Section[]): Grants {
  const database = findSection(sections, 'database')
  return {
    apis: findSection(sections, 'apis')?.apis ?? [],
    tables: mergeTables(database?.tables ?? []),
    schemas: mergeSchemas(database?.schemas ?? []),
    tableMetadata: database?.table_metadata !== undefined,
    services: findSection(sections, 'dataservices')?.services ?? [],
    userData: findSection(sections, 'user')?.data ?? [],
    datasets: findSection(sections, 'data-observatory')?.datasets ?? [],
  }
}

/** The same table named twice is granted once, with the verbs of both. */
function mergeTables(entries: readonly TableGrant[]): TableGrant[] {
  const merged = new Map<string, { schema: string; name: string; verbs: Set<Verb> }>()
  for (const { schema, name, permissions } of entries) {
    const key = JSON.stringify([schema, name])
    const table = merged.get(key) ?? { schema, name, verbs: new Set<Verb>() }
    for (const verb of permissions) table.verbs.add(verb)
    merged.set(key, table)
  }
  return [...merged.values()].map(({ schema, name, verbs }) => ({
    schema,
    name,
    permissions: [...verbs].sort(),
  }))
}

function mergeSchemas(entries: readonly SchemaGrant[]): SchemaGrant[] {
  const merged = new Map<string, Set<'create'>>()
  for (const { name, permissions } of entries) {
    const verbs = merged.get(name) ?? new Set()
    for (const verb of permissions) verbs.add(verb)
    merged.set(name, verbs)
  }
  return [...merged].map(([name, verbs]) => ({ name, permissions: [...verbs] }))
}
