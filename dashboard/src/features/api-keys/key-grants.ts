import { type KeyForm, type KeyVerb, keyApis, keyVerbs } from './key-form.ts'

/** What a key opens, whether it is being filled in or has been made. */
export type KeyGrants = Pick<KeyForm, 'apis' | 'createIn' | 'listing' | 'services'> & {
  readonly tables: readonly GrantedTable[]
}

export type GrantedTable = {
  readonly schema: string
  readonly name: string
  readonly ticked: readonly KeyVerb[]
  /** Made by the key itself. */
  readonly isOwn?: boolean
}

type Named = { readonly name?: unknown; readonly permissions?: unknown }

/** Reads the sections of `grants` in an answer; sections that are not known open nothing here. */
export function readKeyGrants(sections: readonly unknown[]): KeyGrants {
  const granted = member(sections, 'apis', 'apis')
  const services = member(sections, 'dataservices', 'services')
  const schemas = member(sections, 'database', 'schemas') as Named[]
  const tables = member(sections, 'database', 'tables') as readonly {
    schema: string
    name: string
    owner?: boolean
    permissions: readonly string[]
  }[]
  return {
    apis: keyApis.filter((api) => granted.includes(api)),
    services: services.filter((service) => typeof service === 'string'),
    createIn: schemas
      .filter(({ permissions }) => Array.isArray(permissions) && permissions.includes('create'))
      .map(({ name }) => String(name)),
    listing: sections.some((section) => isSection(section) && 'table_metadata' in section),
    tables: tables.map(({ schema, name, owner = false, permissions }) => ({
      schema,
      name,
      isOwn: owner,
      ticked: keyVerbs.filter((verb) => permissions.includes(verb)),
    })),
  }
}

/** What a section of this type has under this name. */
function member(sections: readonly unknown[], type: string, name: string): readonly unknown[] {
  const section = sections.find((one) => isSection(one) && one.type === type)
  const value = isSection(section) ? section[name] : undefined
  return Array.isArray(value) ? value : []
}

function isSection(section: unknown): section is Readonly<Record<string, unknown>> {
  return typeof section === 'object' && section !== null
}
