import pg from 'pg'
import type { Login } from './open-backstage.ts'
import type { Profile } from './profile.ts'

/** The tables of a run, and the ground where most of their geometries lie. */
export const tables = { places: 'places', points: 'points', polygons: 'polygons' } as const

/** The middle of the cluster, in Web Mercator metres. */
export const center = { x: -410_000, y: 4_920_000 } as const

/**
 * Fills the tables as the owner. All of it is pseudo-random from a fixed seed, so that every run on
 * one version of PostgreSQL has the same rows.
 */
export async function createTables(owner: Login, rows: Profile['rows']): Promise<void> {
  const client = new pg.Client(owner)
  await client.connect()
  try {
    await client.query('set statement_timeout = 0')
    await client.query('select setseed(0.5)')
    await createPlaces(client, rows.places)
    await createPoints(client, rows.points)
    await createPolygons(client, rows.polygons)
    for (const table of Object.values(tables)) await client.query(`vacuum analyze ${table}`)
  } finally {
    await client.end()
  }
}

async function createPlaces(client: pg.Client, count: number): Promise<void> {
  await client.query(
    `create table places (id int primary key, name text not null, n int not null,
       ts timestamptz not null)`,
  )
  await client.query(
    `insert into places
     select id, 'place number ' || id, (random() * 1000000)::int,
       '2020-01-01 00:00:00+00'::timestamptz + id * interval '1 minute'
     from generate_series(1, $1::int) as id`,
    [count],
  )
}

/** Half of the points all over the world; half in a cluster 600 km wide, denser in its middle. */
async function createPoints(client: pg.Client, count: number): Promise<void> {
  await client.query(
    `create table points (cartodb_id int primary key, name text not null, kind int not null,
       geom geometry(Point, 3857) not null)`,
  )
  await client.query(
    `insert into points
     select id, 'point ' || id, id % 10,
       case when id % 2 = 0
         then st_setsrid(st_makepoint((random() - 0.5) * 4e7, (random() - 0.5) * 3e7), 3857)
         else st_setsrid(st_makepoint($2 + (random() + random() - 1) * 3e5,
                                      $3 + (random() + random() - 1) * 3e5), 3857)
       end
     from generate_series(1, $1::int) as id`,
    [count, center.x, center.y],
  )
  await client.query('create index on points using gist (geom)')
}

/** Ragged rings of 41 vertices, 3 to 4 km wide, spread over a square of 870 km. */
async function createPolygons(client: pg.Client, count: number): Promise<void> {
  await client.query(
    `create table polygons (cartodb_id int primary key, name text not null, kind int not null,
       geom geometry(Polygon, 3857) not null)`,
  )
  await client.query(
    `insert into polygons
     select id, 'polygon ' || id, id % 10, (
       select st_makepolygon(st_makeline(
         st_setsrid(st_makepoint(x + cos(angle) * radius, y + sin(angle) * radius), 3857)
         order by corner))
       from (
         select corner, radians(corner % 40 * 9) as angle,
           1500 + (id + corner % 40) * 7919 % 500 as radius
         from generate_series(0, 40) as corner
       ) as corners)
     from (
       select id, $2 + (random() - 0.5) * 8.7e5 as x, $3 + (random() - 0.5) * 8.7e5 as y
       from generate_series(1, $1::int) as id
     ) as centers`,
    [count, center.x, center.y],
  )
  await client.query('create index on polygons using gist (geom)')
}
