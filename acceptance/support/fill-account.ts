import type { PagePlaces } from './every-page.ts'
import type { AccountCredentials, Postern } from './postern.ts'
import { type CreatedKey, createKey, send, sql } from './requests.ts'
import { type AccessToken, createToken, on } from './tokens-api.ts'

/** What there is of each kind in an account that pages are to show. */
export type AccountContent = {
  /** Made as they are given, each with some columns, rows and points. */
  readonly tables: readonly { readonly name: string; readonly column: string }[]
  readonly apiKeys: readonly string[]
  readonly accessTokens: readonly string[]
  readonly oauthClients: readonly string[]
  readonly users: readonly {
    readonly name: string
    readonly email?: string
    readonly level: string
  }[]
  readonly invitations: readonly { readonly email: string; readonly level: string }[]
}

/** Fills an account over HTTP, as its owner does, and says where its pages are. */
export async function fillAccount(
  postern: Postern,
  owner: AccountCredentials,
  content: AccountContent,
): Promise<PagePlaces & { keys: readonly CreatedKey[]; tokens: readonly AccessToken[] }> {
  for (const { name, column } of content.tables) await makeTable(postern, owner, name, column)
  const [first] = content.tables
  if (first === undefined) throw new Error('There is no table to show.')
  const keys: CreatedKey[] = []
  for (const name of content.apiKeys) {
    const tables = [{ name: first.name, permissions: ['select'] }]
    keys.push(await createKey(postern, owner, { name, tables }))
  }
  const tokens: AccessToken[] = []
  for (const name of content.accessTokens) {
    tokens.push(
      await createToken(postern, owner, {
        name,
        grants: on(`select * from ${quote(first.name)}`),
        referers: ['https://maps.example.com'],
      }),
    )
  }
  for (const name of content.oauthClients) {
    const redirect_uris = ['https://app.example.com/back']
    const client = { name, kind: 'public', redirect_uris, scopes: ['read:tokens'] }
    await post(postern, owner, '/v3/oauth-clients', client)
  }
  for (const user of content.users) {
    postern.keepSecret(
      (await post<{ password: string }>(postern, owner, '/v3/users', user)).password,
    )
  }
  for (const invitation of content.invitations) {
    await post(postern, owner, '/v3/invitations', invitation)
  }
  return {
    apiKey: keys[0]?.name ?? '',
    accessTokenId: tokens[0]?.id ?? '',
    connection: 'default',
    resource: `public.${quote(first.name)}`,
    keys,
    tokens,
  }
}

async function makeTable(
  postern: Postern,
  { account, master_key }: AccountCredentials,
  name: string,
  column: string,
): Promise<void> {
  const made = await sql(
    postern,
    account,
    `create table ${quote(name)} (id integer primary key, ${quote(column)} text,
       the_geom geometry(point, 4326));
     insert into ${quote(name)}
       select i, '${column.replaceAll("'", "''")}', st_setsrid(st_makepoint(i * 3 - 60, i), 4326)
       from generate_series(1, 40) as i`,
    master_key,
  )
  if (made.status !== 200) throw new Error(`The table ${name} was not made: ${made.text}`)
}

async function post<Made>(
  { url }: Postern,
  { master_key }: AccountCredentials,
  path: string,
  body: unknown,
): Promise<Made> {
  const answer = await send(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${master_key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`)
  return answer.json<Made>()
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
