import type { Postern } from './postern.ts'
import { type Answer, basic, send } from './requests.ts'

/** One way in which a client can hand over a statement and a credential. */
export type Entrance = {
  readonly name: string
  ask(
    postern: Pick<Postern, 'url'>,
    account: string,
    q: string,
    token: string | undefined,
  ): Promise<Answer>
}

/** Every way into the SQL API: methods, versions, bodies, formats and places for the credential. */
export const sqlEntrances: readonly Entrance[] = [
  {
    name: 'POST v2, form, Basic',
    ask: ({ url }, account, q, token) =>
      send(sqlUrl(url, account, 'v2'), {
        method: 'POST',
        headers: basicOf(account, token),
        body: new URLSearchParams({ q }),
      }),
  },
  {
    name: 'GET v2, Bearer',
    ask: ({ url }, account, q, token) =>
      send(sqlUrl(url, account, 'v2', { q }), {
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      }),
  },
  {
    name: 'GET v1, api_key in the query',
    ask: ({ url }, account, q, token) =>
      send(sqlUrl(url, account, 'v1', { q, ...(token !== undefined && { api_key: token }) })),
  },
  {
    name: 'POST v1, JSON, map_key in the body',
    ask: ({ url }, account, q, token) =>
      send(sqlUrl(url, account, 'v1'), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ q, map_key: token }),
      }),
  },
  {
    name: 'POST v2, multipart, api_key in the body',
    ask: ({ url }, account, q, token) => {
      const body = new FormData()
      body.set('q', q)
      if (token !== undefined) body.set('api_key', token)
      return send(sqlUrl(url, account, 'v2'), { method: 'POST', body })
    },
  },
  {
    name: 'GET v2 as GeoJSON, access_token in the query',
    ask: ({ url }, account, q, token) =>
      send(
        sqlUrl(url, account, 'v2', {
          q,
          format: 'geojson',
          ...(token !== undefined && { access_token: token }),
        }),
      ),
  },
]

/** The entrances that take any statement; GeoJSON is made of a SELECT alone. */
export const plainEntrances = sqlEntrances.slice(0, -1)

function basicOf(account: string, token: string | undefined): Record<string, string> {
  return token === undefined ? {} : basic(account, token)
}

function sqlUrl(
  url: string,
  account: string,
  version: string,
  parameters: Record<string, string> = {},
): string {
  const query = new URLSearchParams(parameters).toString()
  return `${url}/user/${account}/api/${version}/sql${query === '' ? '' : `?${query}`}`
}
