import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestWarehouse, type TestWarehouse } from '../../test/warehouse-database.ts'
import {
  findRelation,
  type GeometryColumn,
  getGeometryColumn,
  type Relation,
} from './describe-relation.ts'
import { readBytes, readJson } from './read-value.ts'
import type { Session, Statement } from './session.ts'
import { findGround } from './tile-ground.ts'
import {
  samplePercent,
  type TileAddress,
  tileEstimateStatement,
  tileStatement,
} from './tile-sql.ts'

let warehouse: TestWarehouse
let session: Session

beforeAll(async () => {
  warehouse = await createTestWarehouse()
  for (const statement of [
    'create schema postgis',
    'create extension postgis schema postgis',
    // Things of an account's that stand where careless SQL would look first.
    `create function public.st_asmvtgeom(postgis.geometry, postgis.box2d, int, int, bool)
       returns postgis.geometry language plpgsql as $$ begin raise exception 'trap'; end $$`,
    `create function public.st_transform(postgis.geometry, int)
       returns postgis.geometry language plpgsql as $$ begin raise exception 'trap'; end $$`,
    `create function public.overlaps(postgis.geometry, postgis.geometry)
       returns bool language plpgsql as $$ begin raise exception 'trap'; end $$`,
    `create operator public.&& (leftarg = postgis.geometry, rightarg = postgis.geometry,
       function = public.overlaps)`,
    ...(['mercator', 'degrees', 'national'] as const).flatMap((name) => [
      `create table ${name} (id int, geom postgis.geometry(Point, ${srids[name]}))`,
      `insert into ${name}
       select n, postgis.st_transform(postgis.st_point(-5 + n % 100 / 100.0, 40 + n / 100 / 100.0, 4326), ${srids[name]})
       from generate_series(1, 10000) as n`,
      `create index on ${name} using gist (geom)`,
      `analyze ${name}`,
    ]),
  ]) {
    await warehouse.superuser.query(statement)
  }
  const role = await warehouse.createRole('superuser')
  session = await warehouse.open(role, { keepsState: true })
})

afterAll(async () => {
  warehouse.endSessions()
  await warehouse.close()
})

const srids = { mercator: 3857, degrees: 4326, national: 25830 }

type Plan = {
  readonly 'Node Type': string
  readonly Output?: readonly string[]
  readonly 'Index Cond'?: string
  readonly Filter?: string
  readonly Plans?: readonly Plan[]
}

async function explain({ text, values = [] }: Statement): Promise<Plan> {
  const plans = await readJson<[{ Plan: Plan }]>(session, {
    text: `explain (verbose, format json) ${text}`,
    values,
  })
  if (plans === undefined) throw new Error('There is no plan.')
  return plans[0].Plan
}

function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]
}

/** A tile over Madrid that holds a part of the points. */
const tile = { z: 12, x: 2000, y: 1546 }

async function describeTable(
  name: string,
): Promise<{ relation: Relation; geometry: GeometryColumn }> {
  const relation = await findRelation(session, { schema: 'public', name })
  if (relation === undefined) throw new Error(`There is no ${name}.`)
  return { relation, geometry: await getGeometryColumn(session, relation, 'geom') }
}

async function statementFor(name: string, address: TileAddress): Promise<Statement> {
  const { relation, geometry } = await describeTable(name)
  const ground = await findGround(session, geometry, address)
  return tileStatement(relation, geometry, ['id'], address, { ground, maxFeatures: 20_000 })
}

describe.each(Object.keys(srids))('the SQL of a tile of a table in %s', (name) => {
  it('finds its rows through the index', async () => {
    const nodes = nodesOf(await explain(await statementFor(name, tile)))
    const conditions = nodes.flatMap((node) => node['Index Cond'] ?? [])
    expect(conditions).toHaveLength(1)
    expect(conditions[0]).toContain('OPERATOR(postgis.&&)')
  })

  it('cuts each geometry once', async () => {
    const nodes = nodesOf(await explain(await statementFor(name, tile)))
    const cuts = ({ Output = [] }: Plan) => Output.some((text) => text.includes('st_asmvtgeom('))
    // Nodes above the one that computes it name it again, but take it from below.
    expect(nodes.filter((node) => cuts(node) && !node.Plans?.some(cuts))).toHaveLength(1)
    expect(nodes.map(({ Filter = '' }) => Filter).join()).not.toContain('st_asmvtgeom')
  })

  it('makes the same tile as the plainest SQL would', async () => {
    const made = await readBytes(session, await statementFor(name, tile))
    const { rows } = await warehouse.superuser.query<{ tile: Buffer }>(
      `select postgis.st_asmvt(t, 'default', 4096, 'geom') as tile from (
         select postgis.st_asmvtgeom(postgis.st_transform(geom, 3857),
           postgis.st_tileenvelope($1, $2, $3), 4096, 64, true) as geom, id
         from ${name}) as t where geom is not null`,
      [tile.z, tile.x, tile.y],
    )
    expect(made?.length).toBeGreaterThan(100)
    // The rows can come in another order.
    expect(made?.length).toBe(rows[0]?.tile.length)
  })

  it('is estimated by what the planner knows', async () => {
    const { relation, geometry } = await describeTable(name)
    for (const address of [tile, { z: 0, x: 0, y: 0 }]) {
      const ground = await findGround(session, geometry, address)
      const plans = await readJson<[{ Plan: { 'Plan Rows': number } }]>(
        session,
        tileEstimateStatement(relation, geometry, address, ground),
      )
      const rows = plans?.[0].Plan['Plan Rows'] ?? 0
      if (address === tile) expect(rows).toBeLessThan(2_000)
      else expect(rows).toBe(10_000)
    }
  })
})

describe('the share of a table that is drawn', () => {
  it('is all of it as long as that fits', () => {
    expect(samplePercent(20_000, 20_000)).toBeUndefined()
    expect(samplePercent(0, 20_000)).toBeUndefined()
    expect(samplePercent(Number.NaN, 20_000)).toBeUndefined()
  })

  it('never draws more than fits, nor less than it has to by a third', () => {
    for (let estimate = 20_001; estimate < 1e9; estimate *= 1.37) {
      const drawn = (estimate * (samplePercent(estimate, 20_000) ?? 100)) / 100
      expect(drawn).toBeLessThanOrEqual(20_000)
      expect(drawn).toBeGreaterThan(20_000 / Math.SQRT2 - 1)
    }
  })

  it('is the same for estimates that differ a little', () => {
    expect(samplePercent(100_000, 20_000)).toBe(samplePercent(105_000, 20_000))
  })
})
