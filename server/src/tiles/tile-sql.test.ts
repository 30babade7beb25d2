import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestWarehouse, type TestWarehouse } from '../../test/warehouse-database.ts'
import { findRelation } from '../warehouse/describe-relation.ts'
import { readBytes, readJson } from '../warehouse/read-value.ts'
import type { Session, Statement } from '../warehouse/session.ts'
import { createEstimates } from './make-tile.ts'
import { findGround } from './tile-ground.ts'
import type { TileSource } from './tile-source.ts'
import {
  named,
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

async function describeTable(name: string, changes: Partial<TileSource> = {}): Promise<TileSource> {
  const relation = await findRelation(session, { schema: 'public', name })
  if (relation === undefined) throw new Error(`There is no ${name}.`)
  return {
    from: `public.${name}`,
    values: [],
    filter: undefined,
    isOurs: true,
    postgisSchema: 'postgis',
    geometry: { name: 'geom', srid: srids[name as keyof typeof srids] },
    properties: [{ name: 'id', sql: 'source.id' }],
    gridCells: undefined,
    hasBoxes: false,
    sampling: 'table',
    estimatedRows: relation.estimatedRows,
    bytes: relation.bytes,
    estimates: createEstimates(),
    ...changes,
  }
}

async function statementFor(
  name: string,
  address: TileAddress,
  changes: Partial<TileSource> = {},
): Promise<Statement> {
  const source = await describeTable(name, changes)
  const ground = await findGround(session, source, address)
  return tileStatement(source, address, { ground, maxFeatures: 20_000 })
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
    const source = await describeTable(name)
    for (const address of [tile, { z: 0, x: 0, y: 0 }]) {
      const ground = await findGround(session, source, address)
      const plans = await readJson<[{ Plan: { 'Plan Rows': number } }]>(
        session,
        tileEstimateStatement(source, address, ground),
      )
      const rows = plans?.[0].Plan['Plan Rows'] ?? 0
      if (address === tile) expect(rows).toBeLessThan(2_000)
      else expect(rows).toBe(10_000)
    }
  })
})

describe('the SQL of a tile of a query', () => {
  const queries = {
    mercator: '(select id, geom from public.mercator where id > 0)',
    degrees:
      '(select d.*, n.id as other from public.degrees as d join public.national as n using (id))',
  }

  it.each(['mercator', 'degrees'] as const)(
    'finds the rows of %s through the index of the table below it',
    async (name) => {
      for (const sampled of [undefined, 50]) {
        const source = await describeTable(name, {
          from: queries[name],
          isOurs: false,
          sampling: 'hash',
        })
        const ground = await findGround(session, source, tile)
        const statement = tileStatement(source, tile, {
          ground,
          maxFeatures: 20_000,
          samplePercent: sampled,
        })
        expect(statement.name).toBeUndefined()
        const conditions = nodesOf(await explain(statement)).flatMap(
          (node) => node['Index Cond'] ?? [],
        )
        expect(conditions.join()).toContain('OPERATOR(postgis.&&)')
      }
    },
  )

  it('numbers its own values behind those of the query and of the filter', async () => {
    const address = { z: 0, x: 0, y: 0 }
    const countOf = async (changes: Partial<TileSource>) =>
      (await readBytes(session, await statementFor('degrees', address, changes)))?.length ?? 0
    const all = await countOf({})
    const some = await countOf({
      from: '(select * from public.degrees where id <= $1)',
      values: ['100', '50'],
      filter: 'source.id <= $2',
    })
    expect(some).toBeGreaterThan(0)
    expect(some).toBeLessThan(all / 50)
  })

  it('draws with a greater share all that it draws with a smaller one', async () => {
    const source = await describeTable('degrees', { sampling: 'hash' })
    const idsAt = async (percent: number) => {
      const statement = tileStatement(
        source,
        { z: 0, x: 0, y: 0 },
        {
          ground: await findGround(session, source, { z: 0, x: 0, y: 0 }),
          maxFeatures: 20_000,
          samplePercent: percent,
        },
      )
      const rows = await readJson<number[]>(session, {
        text: statement.text.replace(
          /^select .*\n/,
          'select pg_catalog.json_agg(tile.id)::pg_catalog.text\n',
        ),
        values: statement.values ?? [],
      })
      return new Set(rows)
    }
    const [tenth, half] = [await idsAt(10), await idsAt(50)]
    expect(tenth.size).toBeGreaterThan(800)
    expect(tenth.size).toBeLessThan(1_200)
    expect(half.size).toBeGreaterThan(4_500)
    expect([...tenth].filter((id) => !half.has(id))).toEqual([])
  })
})

describe('the SQL of a tile of gathered points', () => {
  it('has a feature for each cell of the grid, with aggregates that add up', async () => {
    const address = { z: 8, x: 124, y: 96 }
    const source = await describeTable('degrees', {
      gridCells: 64,
      properties: [
        { name: 'total', sql: 'pg_catalog.sum(source.id)' },
        { name: 'n', sql: 'pg_catalog.count(*)' },
      ],
    })
    const statement = tileStatement(source, address, {
      ground: await findGround(session, source, address),
      maxFeatures: 20_000,
    })
    const gathered = await readJson<{ cells: number; n: number; total: number }>(session, {
      text: statement.text.replace(
        /^select .*\n/,
        `select pg_catalog.json_build_object('cells', count(*), 'n', sum(n), 'total', sum(total))::text\n`,
      ),
      values: statement.values ?? [],
    })
    const { rows } = await warehouse.superuser.query<{ n: number; total: number }>(
      `select count(*)::int as n, sum(id)::int as total from degrees
       where postgis.st_transform(geom, 3857) operator(postgis.&&)
         postgis.st_tileenvelope(8, 124, 96, margin => 0.015625)`,
    )
    expect(gathered).toMatchObject(rows[0] ?? {})
    expect(gathered?.cells).toBeGreaterThan(100)
    expect(gathered?.cells).toBeLessThanOrEqual(67 * 67)
    expect((await readBytes(session, statement))?.length).toBeGreaterThan(1_000)
  })
})

describe('the name that a statement is prepared by', () => {
  it('is for statements of ours, and not for long ones, of which a backend would keep hundreds', () => {
    const nameOf = (text: string, isOurs = true) => named({ isOurs }, 'tile', { text }).name
    expect(nameOf('select 1')).toBe(nameOf('select 1'))
    expect(nameOf('select 1')).not.toBe(nameOf('select 2'))
    expect(nameOf('select 1', false)).toBeUndefined()
    expect(nameOf(`select '${'x'.repeat(10_000)}'`)).toBeUndefined()
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
