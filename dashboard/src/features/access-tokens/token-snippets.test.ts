import { expect, it } from 'vitest'
import { listTokenSnippets } from './token-snippets.ts'

const base = 'https://maps.example/postern'
const snippets = (
  apis: Parameters<typeof listTokenSnippets>[0]['apis'],
  source: string,
  referers: string[] = [],
) =>
  Object.fromEntries(
    listTokenSnippets(
      { text: 'pstt1', apis, grants: [{ connection: 'default', source }], referers },
      base,
    ).map(({ title, code }) => [title, code]),
  )

it('ask for the table that is granted, where the server is', () => {
  const { curl, 'deck.gl': deck, Python: python } = snippets(['maps'], 'public.capitals')
  expect(curl).toContain(`'${base}/v3/maps/default/table'`)
  expect(curl).toContain(`'name=public.capitals'`)
  expect(deck).toContain('vectorTableSource')
  expect(deck).toContain('"public.capitals"')
  expect(python).toContain('"name": "public.capitals"')
})

it('run the query that is granted, word for word, with places for its parameters', () => {
  const query = `select 'it''s $9' as a from t where b = $2`
  const { curl, JavaScript: js } = snippets(['sql'], query)
  expect(curl).toContain(`'q=${query.replaceAll("'", `'\\''`)}'`)
  expect(curl).toContain(`queryParameters=["VALUE","VALUE"]`)
  expect(js).toContain(JSON.stringify(query))
  expect(snippets(['sql'], 'select @a, b <@ c').curl).toContain('queryParameters={"a":"VALUE"}')
})

it('send a site that is allowed, where only sites are', () => {
  const { curl } = snippets(['sql'], 'public.t', ['https://*.a.b'])
  expect(curl).toContain('Origin: https://www.a.b')
  expect(curl).toContain('q=SELECT * FROM public.t LIMIT 10')
})

it('are none where there is no address to ask', () => {
  expect(snippets(['imports'], 'public.t')).toEqual({})
  expect(listTokenSnippets({ text: 't', apis: ['lds'], grants: [], referers: [] }, base)).toEqual(
    [],
  )
})
