import type { Postern } from './start-postern.ts'

/** Makes an access token for maps of these tables, as an owner does; returns its text. */
export async function createAccessToken(
  { port, masterKey }: Postern,
  tableNames: readonly string[],
): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/v3/tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${masterKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      allowed_apis: ['maps'],
      grants: tableNames.map((name) => ({
        connection_name: 'default',
        source: `public.${name}`,
      })),
    }),
  })
  const body = await response.text()
  if (response.status !== 201) throw new Error(`No token was made: ${response.status} ${body}`)
  return (JSON.parse(body) as { token: string }).token
}
