export const keyVerbs = ['select', 'insert', 'update', 'delete'] as const

export type KeyVerb = (typeof keyVerbs)[number]

/** The APIs that a key can open, those included that only clients of the classic platform know. */
export const keyApis = ['sql', 'maps', 'batch', 'do'] as const

export type KeyApi = (typeof keyApis)[number]

/** A table that a key can be granted, and what can be granted on it. */
export type FormTable = {
  readonly schema: string
  readonly name: string
  readonly permissions: readonly KeyVerb[]
}

/** A table with something ticked. */
export type TickedTable = FormTable & { readonly ticked: readonly KeyVerb[] }

/** What somebody has filled in of a new key. */
export type KeyForm = {
  readonly name: string
  readonly description: string
  readonly apis: readonly KeyApi[]
  /** Schemas in which the key may make datasets. */
  readonly createIn: readonly string[]
  /** Whether it may list the datasets of the account. */
  readonly listing: boolean
  /** Stays while other tables are looked for: what is ticked is ticked. */
  readonly tables: readonly TickedTable[]
  readonly services: readonly string[]
  /** For how many days the key lives, a moment of the user's own, or for good. */
  readonly life: 'forever' | '30' | '90' | '365' | 'until'
  /** As a control for date and time writes it, where `life` is "until". */
  readonly until: string
}

export const emptyKeyForm: KeyForm = {
  name: '',
  description: '',
  apis: [],
  createIn: [],
  listing: false,
  tables: [],
  services: [],
  life: 'forever',
  until: '',
}

/** Making datasets is done by SQL: without that API a key can make none. */
export function withApi(form: KeyForm, api: KeyApi, isTicked: boolean): KeyForm {
  const apis = toggled(form.apis, api, isTicked)
  return { ...form, apis, createIn: apis.includes('sql') ? form.createIn : [] }
}

/** Ticks the SQL API as well. */
export function withCreating(form: KeyForm, schema: string, isTicked: boolean): KeyForm {
  const createIn = toggled(form.createIn, schema, isTicked)
  return { ...form, createIn, apis: isTicked ? toggled(form.apis, 'sql', true) : form.apis }
}

export function withService(form: KeyForm, service: string, isTicked: boolean): KeyForm {
  return { ...form, services: toggled(form.services, service, isTicked) }
}

/** What is ticked on other tables stays ticked. */
export function withVerb(
  form: KeyForm,
  { schema, name, permissions }: FormTable,
  verb: KeyVerb,
  isTicked: boolean,
): KeyForm {
  const before = tickedOf(form, { schema, name })
  const ticked = keyVerbs.filter((one) => (one === verb ? isTicked : before.includes(one)))
  const isSame = (table: FormTable) => table.schema === schema && table.name === name
  const table = { schema, name, permissions, ticked }
  const isListed = form.tables.some(isSame)
  const tables = isListed
    ? form.tables.map((one) => (isSame(one) ? table : one))
    : [...form.tables, table]
  return { ...form, tables: tables.filter((one) => one.ticked.length > 0) }
}

/** What is ticked on a table. */
export function tickedOf(
  { tables }: Pick<KeyForm, 'tables'>,
  { schema, name }: Pick<FormTable, 'schema' | 'name'>,
): readonly KeyVerb[] {
  return tables.find((one) => one.schema === schema && one.name === name)?.ticked ?? []
}

/** What is to be offered on tables: maps read, and nothing else. */
export function offeredVerbs({ apis }: Pick<KeyForm, 'apis'>): readonly KeyVerb[] {
  return apis.length === 1 && apis[0] === 'maps' ? ['select'] : keyVerbs
}

/** The tables as they would be granted: what is not offered any more is not granted either. */
export function grantedTables(form: Pick<KeyForm, 'apis' | 'tables'>): readonly TickedTable[] {
  const offered = offeredVerbs(form)
  return form.tables
    .map((table) => ({ ...table, ticked: table.ticked.filter((verb) => offered.includes(verb)) }))
    .filter((table) => table.ticked.length > 0)
}

/** Why the key cannot be made as it is filled in; undefined: it can. */
export function findKeyFormProblem(form: KeyForm): string | undefined {
  if (form.name.trim() === '') return 'Give the key a name.'
  return findGrantProblem(form) ?? findLifeProblem(form)
}

function findGrantProblem(form: KeyForm): string | undefined {
  const { apis, createIn, listing, services } = form
  const opensSomething = grantedTables(form).length > 0 || services.length > 0
  if (createIn.length > 0) return undefined
  if (apis.length > 0 && opensSomething) return undefined
  if (apis.length === 0 && listing && !opensSomething) return undefined
  if (apis.length === 0 && opensSomething) return 'Choose an API by which it is reached.'
  if (apis.length > 0) return 'Tick something on a table, or let the key make datasets.'
  return 'Choose an API and a table, or let the key list datasets.'
}

function findLifeProblem({ life, until }: KeyForm): string | undefined {
  return life === 'until' && until === '' ? 'Say when the key ends.' : undefined
}

/** From when on the key opens nothing; undefined for a key that lives until it is deleted. */
export function expiryOf({ life, until }: KeyForm, now: Date): Date | undefined {
  if (life === 'forever') return undefined
  if (life === 'until') return until === '' ? undefined : new Date(until)
  return new Date(now.getTime() + Number(life) * 24 * 3_600_000)
}

/** The body of the request that makes the key. */
export function toCreateRequest(form: KeyForm, now: Date) {
  const { name, description, apis, createIn, listing, services } = form
  const expiresAt = expiryOf(form, now)
  return {
    name: name.trim(),
    grants: [
      { type: 'apis' as const, apis: [...apis] },
      {
        type: 'database' as const,
        tables: grantedTables(form).map((table) => ({
          schema: table.schema,
          name: table.name,
          permissions: [...table.ticked],
        })),
        ...(createIn.length > 0 && {
          schemas: createIn.map((schema) => ({ name: schema, permissions: ['create' as const] })),
        }),
        ...(listing && { table_metadata: [] }),
      },
      ...(services.length > 0 ? [{ type: 'dataservices' as const, services: [...services] }] : []),
    ],
    ...(description.trim() !== '' && { description: description.trim() }),
    ...(expiresAt !== undefined && { expires_at: expiresAt.toISOString() }),
  }
}

function toggled<Item>(list: readonly Item[], item: Item, isIn: boolean): readonly Item[] {
  const others = list.filter((one) => one !== item)
  return isIn ? [...others, item] : others
}
