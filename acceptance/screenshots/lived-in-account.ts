import type { PagePlaces } from '../support/every-page.ts'
import { fillAccount } from '../support/fill-account.ts'
import type { AccountCredentials, Postern } from '../support/postern.ts'
import { send, sql } from '../support/requests.ts'

/** Makes an account look as if a city's planners had worked with it for a while. */
export async function makeLivedIn(
  postern: Postern,
  owner: AccountCredentials,
): Promise<PagePlaces> {
  for (const statement of tables) {
    const made = await sql(postern, owner.account, statement, owner.master_key)
    if (made.status !== 200) throw new Error(made.text)
  }
  const filled = await fillAccount(postern, owner, {
    tables: [{ name: 'bus_stops', column: 'line' }],
    apiKeys: ['Field survey app', 'Website map', 'Nightly export', 'Data science notebooks'],
    accessTokens: ['Tourist map', 'Press office widgets', 'Partner portal'],
    oauthClients: ['Planning portal'],
    users: [
      { name: 'Mara Lindqvist', email: 'mara@city.example', level: 'owner' },
      { name: 'Tomas Ferreira', email: 'tomas@city.example', level: 'editor' },
      { name: 'Aiko Tanaka', email: 'aiko@city.example', level: 'viewer' },
    ],
    invitations: [{ email: 'jonas@city.example', level: 'editor' }],
  })
  await postern.run('account', 'set', owner.account, '--key-quota', '20')
  for (const [index, { token }] of filled.keys.entries()) {
    for (let request = 0; request < 12 * (index + 1); request += 1) {
      // Each tenth asks for what the key was not granted.
      const table = request % 10 === 9 ? 'parcels' : 'bus_stops'
      await sql(postern, owner.account, `select count(*) from ${table}`, token)
    }
  }
  for (const { token } of filled.tokens) {
    const address = `${postern.url}/v3/sql/default/query?q=${encodeURIComponent('select * from "bus_stops"')}`
    const headers = { authorization: `Bearer ${token}`, referer: 'https://maps.example.com/' }
    for (let request = 0; request < 8; request += 1) await send(address, { headers })
  }
  return { ...filled, resource: 'public.capitals' }
}

const tables = [
  `create table parcels (id integer primary key, owner_name text, area_m2 numeric, zoned_for text,
     the_geom geometry(polygon, 4326));
   insert into parcels
     select i, 'Parcel holder ' || i, 240 + (i * 37) % 900,
       (array['housing', 'trade', 'park', 'school'])[1 + i % 4],
       st_makeenvelope(18.0 + (i % 20) * 0.002, 59.3 + (i / 20) * 0.001,
         18.0015 + (i % 20) * 0.002, 59.3008 + (i / 20) * 0.001, 4326)
     from generate_series(1, 400) as i`,
  `create table tree_census (id integer primary key, species text, planted date, height_m numeric,
     the_geom geometry(point, 4326));
   insert into tree_census
     select i, (array['Lime', 'Oak', 'Rowan', 'Birch', 'Maple'])[1 + i % 5],
       date '1990-04-01' + i * 3, 3 + (i % 23),
       st_setsrid(st_makepoint(18.0 + (i % 50) * 0.001, 59.3 + (i / 50) * 0.0007), 4326)
     from generate_series(1, 2500) as i`,
  `create view tall_trees as select * from tree_census where height_m > 15`,
]
