import { describe, expect, it } from 'vitest'
import {
  emptyKeyForm,
  expiryOf,
  findKeyFormProblem,
  grantedTables,
  type KeyForm,
  type KeyVerb,
  keyVerbs,
  offeredVerbs,
  tickedOf,
  toCreateRequest,
  withApi,
  withCreating,
  withVerb,
} from './key-form.ts'

// Numbers are those of the contract's checklist: the dashboard of the classic platform.

const now = new Date('2026-01-01T00:00:00Z')
const named: KeyForm = { ...emptyKeyForm, name: 'a key' }
const table = (name: string) => ({ schema: 'public', name, permissions: keyVerbs })
const ticking = (form: KeyForm, name: string, ...verbs: KeyVerb[]) =>
  verbs.reduce((before, verb) => withVerb(before, table(name), verb, true), form)

describe('a form can be saved', () => {
  const capitals = ticking(named, 'capitals', 'select')
  it.each<[string, KeyForm]>([
    ['an API and a table', withApi(capitals, 'sql', true)],
    ['339: making datasets', withCreating(named, 'public', true)],
    ['340: listing datasets alone', { ...named, listing: true }],
    ['an API and a data service', { ...withApi(named, 'sql', true), services: ['routing'] }],
  ])('with %s', (_, form) => {
    expect(findKeyFormProblem(form)).toBeUndefined()
  })

  it.each<[string, KeyForm, RegExp]>([
    ['336: without a name', { ...withApi(capitals, 'sql', true), name: ' ' }, /name/],
    ['337: with SQL and no table', withApi(named, 'sql', true), /Tick something on a table/],
    ['338: with a table and no API', capitals, /Choose an API/],
    [
      '341: with listing and an API without tables',
      withApi({ ...named, listing: true }, 'sql', true),
      /Tick something/,
    ],
    ['with nothing', named, /Choose an API and a table/],
    [
      'with maps and a table that may only be written',
      withApi(ticking(named, 'capitals', 'insert'), 'maps', true),
      /Tick something/,
    ],
    ['with an end that is not said', { ...withApi(capitals, 'sql', true), life: 'until' }, /ends/],
  ])('not %s', (_, form, problem) => {
    expect(findKeyFormProblem(form)).toMatch(problem)
  })
})

describe('ticking', () => {
  it('the making of datasets ticks SQL, and without SQL there is none', () => {
    const creating = withCreating(named, 'public', true)
    expect(creating).toMatchObject({ apis: ['sql'], createIn: ['public'] })
    expect(withApi(creating, 'sql', false)).toMatchObject({ apis: [], createIn: [] })
    expect(withApi(creating, 'maps', true).createIn).toEqual(['public'])
  })

  it('353: adds to what was ticked before, on other tables as well', () => {
    const first = ticking(named, 'capitals', 'select')
    const second = ticking(ticking(first, 'surveys', 'insert'), 'capitals', 'delete')
    expect(tickedOf(second, table('capitals'))).toEqual(['select', 'delete'])
    expect(tickedOf(second, table('surveys'))).toEqual(['insert'])
    const taken = withVerb(second, table('surveys'), 'insert', false)
    expect(taken.tables.map(({ name }) => name)).toEqual(['capitals'])
  })

  it('342: with maps alone only Select is offered, and nothing else is granted', () => {
    const form = ticking(withApi(named, 'maps', true), 'capitals', 'select', 'delete')
    expect(offeredVerbs(form)).toEqual(['select'])
    expect(grantedTables(form)[0]?.ticked).toEqual(['select'])
    const both = withApi(form, 'sql', true)
    expect(offeredVerbs(both)).toEqual(keyVerbs)
    expect(grantedTables(both)[0]?.ticked).toEqual(['select', 'delete'])
  })
})

describe('the request', () => {
  it('314: has what is ticked and leaves out what is not', () => {
    const form = {
      ...withCreating(ticking(withApi(named, 'maps', true), 'capitals', 'select'), 'public', true),
      listing: true,
      name: ' a key ',
    }
    expect(toCreateRequest(form, now)).toEqual({
      name: 'a key',
      grants: [
        { type: 'apis', apis: ['maps', 'sql'] },
        {
          type: 'database',
          tables: [{ schema: 'public', name: 'capitals', permissions: ['select'] }],
          schemas: [{ name: 'public', permissions: ['create'] }],
          table_metadata: [],
        },
      ],
    })
  })

  it('says when the key ends, and what is said of it', () => {
    const form = { ...named, life: '30', description: 'For the web team.', services: ['routing'] }
    const request = toCreateRequest(form as KeyForm, now)
    expect(request).toMatchObject({
      description: 'For the web team.',
      expires_at: '2026-01-31T00:00:00.000Z',
    })
    expect(request.grants).toContainEqual({ type: 'dataservices', services: ['routing'] })
    expect(expiryOf({ ...named, life: 'until', until: '2030-05-01T10:00' }, now)).toEqual(
      new Date('2030-05-01T10:00'),
    )
  })
})
