import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseGrants } from './parse-grants.ts'

const apis = { type: 'apis', apis: ['sql', 'maps'] }
const table = { schema: 'public', name: 'parcels', permissions: ['select'] }
const inSchema = 'in schema urn:postern:grants#'

const nothing = {
  tables: [],
  schemas: [],
  tableMetadata: false,
  services: [],
  userData: [],
  datasets: [],
}

function database(...tables: unknown[]) {
  return [apis, { type: 'database', tables }]
}

function messagesFor(value: unknown): readonly string[] {
  const result = parseGrants(value)
  return result.ok ? [] : result.messages
}

describe('accepts', () => {
  test('every section at once', () => {
    const result = parseGrants([
      { type: 'apis', apis: ['maps', 'sql', 'do', 'batch'] },
      {
        type: 'database',
        tables: [
          { ...table, permissions: ['update', 'select', 'insert', 'delete'], owner: false },
          { schema: 'public', name: 'roads', permissions: [] },
        ],
        schemas: [{ name: 'public', permissions: ['create'], schema: 'ignored' }],
        table_metadata: [{ any: ['thing', null] }],
      },
      { type: 'dataservices', services: ['geocoding', 'isolines'] },
      { type: 'data-observatory', datasets: ['project.dataset.table'] },
      { type: 'user', data: ['profile'] },
    ])
    expect(result).toEqual({
      ok: true,
      grants: {
        apis: ['maps', 'sql', 'do', 'batch'],
        tables: [
          {
            schema: 'public',
            name: 'parcels',
            permissions: ['delete', 'insert', 'select', 'update'],
          },
          { schema: 'public', name: 'roads', permissions: [] },
        ],
        schemas: [{ name: 'public', permissions: ['create'] }],
        tableMetadata: true,
        services: ['geocoding', 'isolines'],
        userData: ['profile'],
        datasets: ['project.dataset.table'],
      },
    })
  })

  test.each([
    ['no database section', [apis], {}],
    ['an empty list of APIs', [{ type: 'apis', apis: [] }], { apis: [] }],
    [
      'repeated APIs, as they are',
      [{ type: 'apis', apis: ['sql', 'sql'] }],
      { apis: ['sql', 'sql'] },
    ],
    ['a database section without tables', [apis, { type: 'database' }], {}],
    ['empty lists', [apis, { type: 'database', tables: [], schemas: [] }], {}],
    [
      'only table metadata',
      [apis, { type: 'database', table_metadata: [] }],
      { tableMetadata: true },
    ],
    ['members of another section, without effect', [{ ...apis, tables: [table] }], {}],
  ])('%s', (_, value, expected) => {
    expect(parseGrants(value)).toEqual({
      ok: true,
      grants: { ...nothing, apis: ['sql', 'maps'], ...expected },
    })
  })

  test('the same table twice is one entry with the verbs of both', () => {
    const result = parseGrants(
      database(
        { ...table, permissions: ['update', 'update'] },
        { ...table, schema: 'other' },
        { ...table, permissions: ['insert', 'update'] },
      ),
    )
    expect(result.ok && result.grants.tables).toEqual([
      { schema: 'public', name: 'parcels', permissions: ['insert', 'update'] },
      { schema: 'other', name: 'parcels', permissions: ['select'] },
    ])
  })

  test('the same schema twice is one entry', () => {
    const result = parseGrants([
      apis,
      {
        type: 'database',
        schemas: [
          { name: 'public', permissions: [] },
          { name: 'public', permissions: ['create', 'create'] },
        ],
      },
    ])
    expect(result.ok && result.grants.schemas).toEqual([
      { name: 'public', permissions: ['create'] },
    ])
  })

  test.each(['constructor', '__proto__', 'hasOwnProperty', 'a"b', 'Ñandú', '', ' '])(
    'a table called %j',
    (name) => {
      const result = parseGrants(JSON.parse(JSON.stringify(database({ ...table, name }))))
      expect(result.ok && result.grants.tables[0]?.name).toBe(name)
    },
  )

  test('schemas and names that only look the same when joined stay apart', () => {
    const result = parseGrants(
      database({ ...table, schema: 'a.b', name: 'c' }, { ...table, schema: 'a', name: 'b.c' }),
    )
    expect(result.ok && result.grants.tables.length).toBe(2)
  })
})

describe('refuses', () => {
  test.each<[what: string, value: unknown, messages: string[]]>([
    ['nothing', undefined, ['["grants has to be an array"]']],
    ['null', null, ['["grants has to be an array"]']],
    ['a string', 'apis', ['["grants has to be an array"]']],
    ['a string with JSON in it', JSON.stringify([apis]), ['["grants has to be an array"]']],
    ['an address', 'file:///etc/passwd', ['["grants has to be an array"]']],
    ['an object', {}, ['["grants has to be an array"]']],
    ['an object like an array', { 0: apis, length: 1 }, ['["grants has to be an array"]']],
    ['a number', 1, ['wrongly formatted (not a Hash or invalid JSON)']],
    ['a boolean', false, ['wrongly formatted (not a Hash or invalid JSON)']],
    ['no sections', [], ['only one apis section is allowed']],
    ['no apis section', [{ type: 'database' }], ['only one apis section is allowed']],
    ['two apis sections', [apis, apis], ['only one apis section is allowed']],
    [
      'two of every other section',
      [
        apis,
        ...['user', 'database', 'dataservices', 'data-observatory'].flatMap((type) => [
          { type },
          { type },
        ]),
      ],
      [
        'only one database section is allowed',
        'only one dataservices section is allowed',
        'only one user section is allowed',
        'only one data-observatory section is allowed',
      ],
    ],
    [
      'a verb that does not exist',
      database({ ...table, permissions: ['read'] }),
      [
        `The property '#/1/tables/0/permissions/0' value "read" did not match one of the following values: insert, select, update, delete ${inSchema}`,
      ],
    ],
    [
      'a verb in capitals',
      database({ ...table, permissions: ['select', 'SELECT'] }),
      [
        `The property '#/1/tables/0/permissions/1' value "SELECT" did not match one of the following values: insert, select, update, delete ${inSchema}`,
      ],
    ],
    [
      'a verb of tables on a schema',
      [apis, { type: 'database', schemas: [{ name: 'public', permissions: ['insert'] }] }],
      [
        `The property '#/1/schemas/0/permissions/0' value "insert" did not match one of the following values: create ${inSchema}`,
      ],
    ],
    [
      'what answers show for owned tables',
      database({ ...table, owner: true, permissions: ['truncate'] }),
      [
        `The property '#/1/tables/0/permissions/0' value "truncate" did not match one of the following values: insert, select, update, delete ${inSchema}`,
      ],
    ],
    [
      'an API that does not exist',
      [{ type: 'apis', apis: ['sql', 'SQL'] }],
      [
        `The property '#/0/apis/1' value "SQL" did not match one of the following values: sql, maps, do, batch ${inSchema}`,
      ],
    ],
    [
      'an unknown section',
      [apis, { type: 'queries' }],
      [
        `The property '#/1/type' value "queries" did not match one of the following values: apis, database, dataservices, user, data-observatory ${inSchema}`,
      ],
    ],
    [
      'a section without a type',
      [apis, {}],
      [`The property '#/1' did not contain a required property of 'type' ${inSchema}`],
    ],
    [
      'a table without anything',
      database({}),
      [
        `The property '#/1/tables/0' did not contain a required property of 'schema' ${inSchema}`,
        `The property '#/1/tables/0' did not contain a required property of 'name' ${inSchema}`,
        `The property '#/1/tables/0' did not contain a required property of 'permissions' ${inSchema}`,
      ],
    ],
    [
      'nulls for everything',
      database({ schema: null, name: null, permissions: null }),
      [
        `The property '#/1/tables/0/schema' of type NilClass did not match the following type: string ${inSchema}`,
        `The property '#/1/tables/0/name' of type NilClass did not match the following type: string ${inSchema}`,
        `The property '#/1/tables/0/permissions' of type NilClass did not match the following type: array ${inSchema}`,
      ],
    ],
    [
      'more than is known of a table',
      database({ ...table, columns: ['a'], where: '1=1' }),
      [
        `The property '#/1/tables/0' contains additional properties ["columns", "where"] outside of the schema when none are allowed ${inSchema}`,
      ],
    ],
    [
      'more than is known of a section',
      [{ ...apis, referers: [] }],
      [
        `The property '#/0' contains additional properties ["referers"] outside of the schema when none are allowed ${inSchema}`,
      ],
    ],
    [
      'a null section list',
      [apis, { type: 'database', tables: null, table_metadata: null }],
      [
        `The property '#/1/tables' of type NilClass did not match the following type: array ${inSchema}`,
        `The property '#/1/table_metadata' of type NilClass did not match the following type: array ${inSchema}`,
      ],
    ],
    [
      'tables that are an object',
      [apis, { type: 'database', tables: { 0: table } }],
      [
        `The property '#/1/tables' of type Hash did not match the following type: array ${inSchema}`,
      ],
    ],
    [
      'a table that is a string',
      database('public.parcels'),
      [
        `The property '#/1/tables/0' of type String did not match the following type: object ${inSchema}`,
      ],
    ],
    [
      'a table that is a list',
      database(['public', 'parcels', 'select']),
      [
        `The property '#/1/tables/0' of type Array did not match the following type: object ${inSchema}`,
      ],
    ],
    [
      'names and verbs of other types',
      database({ schema: 1, name: 1.5, permissions: [true], owner: 'no' }),
      [
        `The property '#/1/tables/0/schema' of type Integer did not match the following type: string ${inSchema}`,
        `The property '#/1/tables/0/name' of type Float did not match the following type: string ${inSchema}`,
        `The property '#/1/tables/0/permissions/0' of type TrueClass did not match the following type: string ${inSchema}`,
        `The property '#/1/tables/0/owner' of type String did not match the following type: boolean ${inSchema}`,
      ],
    ],
    [
      'a NUL in a name',
      database({ ...table, name: 'par\0cels' }),
      [`The property '#/1/tables/0/name' contains a character that cannot be stored ${inSchema}`],
    ],
    [
      'half of a surrogate pair in a schema',
      [apis, { type: 'database', schemas: [{ name: 'a\ud800', permissions: [] }] }],
      [`The property '#/1/schemas/0/name' contains a character that cannot be stored ${inSchema}`],
    ],
    [
      'a NUL in a dataset',
      [apis, { type: 'data-observatory', datasets: ['\0'] }],
      [`The property '#/1/datasets/0' contains a character that cannot be stored ${inSchema}`],
    ],
    [
      'an unknown service',
      [apis, { type: 'dataservices', services: ['weather'] }],
      [
        `The property '#/1/services/0' value "weather" did not match one of the following values: geocoding, routing, isolines, observatory ${inSchema}`,
      ],
    ],
    [
      'user data that is not offered',
      [apis, { type: 'user', data: ['email'] }],
      [
        `The property '#/1/data/0' value "email" did not match one of the following values: profile ${inSchema}`,
      ],
    ],
  ])('%s', (_, value, messages) => {
    expect(parseGrants(value)).toEqual({
      ok: false,
      refusedBy: 'validation',
      messages: messages.map((message) => `Grants ${message}`),
    })
  })

  test.each([['text'], [null], [1], [true], [['apis']]])('a section that is %j', (section) => {
    expect(messagesFor([apis, section])).toEqual([
      expect.stringMatching(
        /^Grants The property '#\/1' of type \w+ did not match the following type: object /,
      ),
    ])
  })

  test('counts come before shapes', () => {
    expect(messagesFor([{ type: 'database' }, { type: 'database' }, null])).toEqual([
      'Grants only one apis section is allowed',
      'Grants only one database section is allowed',
      `Grants The property '#/2' of type NilClass did not match the following type: object ${inSchema}`,
    ])
  })

  test('an apis section without its list, while saving and not while validating', () => {
    expect(parseGrants([{ type: 'apis' }])).toEqual({
      ok: false,
      refusedBy: 'saving',
      messages: ['apis array is needed for type "apis"'],
    })
  })

  test('what a section would only inherit', () => {
    const inherited = Object.create({ type: 'apis', apis: ['sql'] })
    expect(messagesFor([inherited])).toEqual([
      'Grants only one apis section is allowed',
      `Grants The property '#/0' did not contain a required property of 'type' ${inSchema}`,
    ])
  })

  test('a member called __proto__', () => {
    const value = JSON.parse(
      '[{"type":"apis","apis":[],"__proto__":{"tables":[]},"constructor":1}]',
    )
    expect(messagesFor(value)).toEqual([
      `Grants The property '#/0' contains additional properties ["__proto__", "constructor"] outside of the schema when none are allowed ${inSchema}`,
    ])
  })
})

describe('stays bounded', () => {
  const tables = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ ...table, name: `t${i}` }))

  test('ten thousand entries are enough for anybody', () => {
    // The sections, the APIs, and each table with its one verb are entries.
    expect(parseGrants(database(...tables(4_998))).ok).toBe(true)
    expect(messagesFor(database(...tables(4_999)))).toEqual([
      'Grants has too many entries (maximum is 10000)',
    ])
  })

  test('one entry with very many verbs is too many entries', () => {
    const permissions = Array.from({ length: 1_000_000 }, () => 'select')
    expect(messagesFor(database({ ...table, permissions }))).toEqual([
      'Grants has too many entries (maximum is 10000)',
    ])
  })

  test('very many mistakes are not all listed', () => {
    const wrong = tables(4_000).map((entry) => ({ ...entry, permissions: ['read'] }))
    expect(messagesFor(database(...wrong)).length).toBe(20)
  })

  test('very long values are not quoted whole', () => {
    const long = 'x'.repeat(1_000_000)
    const [message] = messagesFor(database({ ...table, permissions: [long] }))
    expect(message?.length).toBeLessThan(400)
    const [extra] = messagesFor([{ ...apis, [long]: 1 }])
    expect(extra?.length).toBeLessThan(400)
  })

  test('deep nesting is not followed', () => {
    let deep: unknown = []
    for (let depth = 0; depth < 200_000; depth++) deep = [deep]
    expect(parseGrants([apis, { type: 'database', table_metadata: deep }]).ok).toBe(true)
    expect(messagesFor([apis, deep])).toHaveLength(1)
    expect(messagesFor(database({ ...table, name: deep }))).toHaveLength(1)
  })
})

describe('never throws', () => {
  const sectionLike = fc.record(
    {
      type: fc.oneof(fc.constantFrom('apis', 'database', 'user'), fc.jsonValue()),
      apis: fc.oneof(fc.array(fc.constantFrom('sql', 'maps', 'do', 'batch')), fc.jsonValue()),
      tables: fc.array(
        fc.oneof(
          fc.record(
            {
              schema: fc.oneof(fc.string(), fc.jsonValue()),
              name: fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()),
              permissions: fc.oneof(
                fc.array(fc.constantFrom('select', 'insert', 'read')),
                fc.jsonValue(),
              ),
            },
            { requiredKeys: [] },
          ),
          fc.jsonValue(),
        ),
      ),
    },
    { requiredKeys: [] },
  )

  test.each([
    ['any JSON', fc.jsonValue()],
    ['any list of JSON', fc.array(fc.jsonValue())],
    ['almost grants', fc.array(sectionLike)],
    ['any value at all', fc.anything({ withNullPrototype: true, withSparseArray: true })],
  ])('%s', (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<unknown>, (value) => {
        const result = parseGrants(value)
        if (result.ok) {
          const verbs = result.grants.tables.flatMap(({ permissions }) => permissions)
          expect(['delete', 'insert', 'select', 'update']).toEqual(expect.arrayContaining(verbs))
        } else {
          expect(result.messages.length).toBeGreaterThan(0)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('never widens', () => {
  const schema = fc.constantFrom('public', 'survey')
  const name = fc.constantFrom('a', 'b', 'c')
  const verb = fc.constantFrom('select', 'insert', 'update', 'delete', 'SELECT', 'all', '*')
  const members = {
    apis: fc.array(fc.constantFrom('sql', 'maps', 'do', 'batch', 'all'), { maxLength: 3 }),
    tables: fc.array(fc.record({ schema, name, permissions: fc.array(verb, { maxLength: 3 }) }), {
      maxLength: 4,
    }),
    schemas: fc.array(fc.record({ name: schema, permissions: fc.subarray(['create', 'usage']) }), {
      maxLength: 2,
    }),
    table_metadata: fc.constant([]),
    services: fc.array(fc.constantFrom('geocoding', 'routing', 'all'), { maxLength: 2 }),
    data: fc.array(fc.constantFrom('profile', 'email'), { maxLength: 2 }),
    datasets: fc.array(fc.string(), { maxLength: 2 }),
  }
  // Members stand in sections of any type: what stands in the wrong one must open nothing.
  const section = fc.record(
    {
      type: fc.constantFrom('apis', 'database', 'dataservices', 'user', 'data-observatory'),
      ...members,
    },
    { requiredKeys: ['type'] },
  )

  test('what is read was written, in a section of its own type, word for word', () => {
    fc.assert(
      fc.property(fc.array(section, { maxLength: 5 }), (sections) => {
        const result = parseGrants(sections)
        if (!result.ok) return
        const { grants } = result
        const of = (type: string) => sections.filter((one) => one.type === type)
        const database = of('database')
        const written = <T>(lists: (T[] | undefined)[]): T[] => lists.flatMap((list) => list ?? [])
        const within = (read: readonly string[], allowed: readonly string[]) =>
          expect(allowed).toEqual(expect.arrayContaining([...read]))

        within(grants.apis, written(of('apis').map((one) => one.apis)))
        within(grants.services, written(of('dataservices').map((one) => one.services)))
        within(grants.userData, written(of('user').map((one) => one.data)))
        within(grants.datasets, written(of('data-observatory').map((one) => one.datasets)))
        within(
          grants.tables.flatMap((one) =>
            one.permissions.map((permission) => `${one.schema}.${one.name}:${permission}`),
          ),
          written(database.map((one) => one.tables)).flatMap((one) =>
            one.permissions.map((permission) => `${one.schema}.${one.name}:${permission}`),
          ),
        )
        within(
          grants.schemas.flatMap((one) => one.permissions.map(() => one.name)),
          written(database.map((one) => one.schemas))
            .filter((one) => one.permissions.includes('create'))
            .map((one) => one.name),
        )
        if (grants.tableMetadata) {
          expect(database.some((one) => one.table_metadata !== undefined)).toBe(true)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('sections in another order say the same', () => {
    fc.assert(
      fc.property(fc.array(section, { maxLength: 4 }), (sections) => {
        const one = parseGrants(sections)
        const other = parseGrants([...sections].reverse())
        if (one.ok && other.ok) expect(other.grants).toEqual(one.grants)
        else expect(other.ok).toBe(one.ok)
      }),
    )
  })
})
