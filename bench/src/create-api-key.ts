import type { Postern } from './start-postern.ts'

/** Makes a regular key that may select these tables, as an owner does; returns its token. */
export async function createApiKey(
  { port, account, masterKey }: Postern,
  name: string,
  tableNames: readonly string[],
): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/user/${account}/api/v3/api_keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${masterKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      name,
      grants: [
        { type: 'apis', apis: ['sql', 'maps'] },
        {
          type: 'database',
          tables: tableNames.map((table) => ({
            schema: 'public',
            name: table,
            permissions: ['select'],
          })),
        },
      ],
    }),
  })
  const body = await response.text()
  if (response.status !== 201) throw new Error(`No key was made: ${response.status} ${body}`)
  return (JSON.parse(body) as { token: string }).token
}
