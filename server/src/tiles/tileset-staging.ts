import { hash } from 'node:crypto'
import { quote, type RelationName } from '../warehouse/describe-relation.ts'
import { readJson } from '../warehouse/read-value.ts'
import type { Script } from '../warehouse/run-script.ts'
import type { Session } from '../warehouse/session.ts'
import type { TileAddress } from './tile-sql.ts'
import { factsAddress, type TilesetFacts } from './tileset-table.ts'

/** An empty `data` marks ground that something lies on, where no tile is drawn. */
export type StagedTile = TileAddress & { readonly data: Buffer }

/** The tiles below some tiles of the zoom above: what is to be made next. */
export type Round = {
  readonly zoom: number
  readonly candidates: readonly TileAddress[]
  /** How many tiles above they lie below, and the last of them in the order of x and y. */
  readonly parents: number
  readonly last: { readonly x: number; readonly y: number }
}

/** The table that a tileset is built in, until it takes the place of the one before. */
export type Staging = {
  readonly table: RelationName
  /** Makes the table, unless one is there that was begun with the same definition. */
  prepare(session: Session, definition: string): Promise<void>
  nextRound(session: Session, zoom: number, parents: number): Promise<Round>
  /** Writes the tiles of a round, and that it is done, in one statement. */
  finishRound(
    session: Session,
    round: Round,
    tiles: readonly StagedTile[],
  ): Promise<{ readonly tiles: number; readonly share: number }>
  /** The statements, one transaction, that put the tiles in the place of the tileset. */
  publish(facts: TilesetFacts, replaces: boolean): Script
}

/** The row that says how far a build has come; the facts of a tileset stand in the same place. */
const state = factsAddress

/** What a build has written down of itself. */
type State = {
  readonly definition: string
  /** The zoom that is being made, and the last tile above it whose tiles are. */
  readonly zoom: number
  readonly x: number
  readonly y: number
  /** How many tiles there are above, and of how many of them the tiles below are made. */
  readonly above: number
  readonly done: number
  /** Tiles that were drawn, at all zooms. */
  readonly tiles: number
}

const nothing: State = { definition: '', zoom: 0, x: -1, y: -1, above: 1, done: 0, tiles: 0 }

/** In the schema of the tileset, whose owner it has. One name has one staging table. */
export function createStaging(target: RelationName): Staging {
  const id = hash('sha1', JSON.stringify([target.schema, target.name]), 'hex').slice(0, 16)
  const table: RelationName = { schema: target.schema, name: `_postern_tileset_${id}` }
  const staging = `${quote(table.schema)}.${quote(table.name)}`
  const tileset = `${quote(target.schema)}.${quote(target.name)}`
  const at = (z: string) => `z operator(pg_catalog.=) ${z}`

  async function readState(session: Session): Promise<State> {
    const found = await readJson<State>(session, {
      text: `select pg_catalog.convert_from(data, 'UTF8') from ${staging} where ${at(String(state.z))}`,
    })
    return found ?? nothing
  }

  async function countAt(session: Session, zoom: number): Promise<number> {
    const count = await readJson<number>(session, {
      text: `select pg_catalog.count(*)::pg_catalog.text from ${staging} where ${at('$1::pg_catalog.int2')}`,
      values: [zoom],
    })
    return count ?? 0
  }

  return {
    table,
    async prepare(session, definition) {
      await run(
        session,
        `create table if not exists ${staging} (
          z pg_catalog.int2 not null, x pg_catalog.int4 not null, y pg_catalog.int4 not null,
          data pg_catalog.bytea not null, primary key (z, x, y))`,
      )
      // It is compressed already.
      await run(session, `alter table ${staging} alter column data set storage external`)
      const known = await readState(session)
      if (known.definition === definition) return
      await run(session, `truncate ${staging}`)
      const begun: State = { ...nothing, definition }
      await run(
        session,
        `insert into ${staging} values (${state.z}, 0, 0, pg_catalog.convert_to($1::pg_catalog.text, 'UTF8'))`,
        [JSON.stringify(begun)],
      )
    },

    async nextRound(session, zoom, parents) {
      const known = await readState(session)
      const from = known.zoom === zoom ? known : { x: -1, y: -1 }
      if (known.zoom > zoom) return { zoom, candidates: [], parents: 0, last: from }
      if (zoom === 0) {
        const candidates = known.x < 0 ? [{ z: 0, x: 0, y: 0 }] : []
        return { zoom, candidates, parents: 1, last: { x: 0, y: 0 } }
      }
      const above = await readJson<{ x: number; y: number }[]>(session, {
        text: `select pg_catalog.json_agg(pg_catalog.json_build_object('x', p.x, 'y', p.y) order by p.x, p.y)::pg_catalog.text
          from (
            select x, y from ${staging}
            where ${at('$1::pg_catalog.int2')}
              and (x operator(pg_catalog.>) $2::pg_catalog.int4
                or x operator(pg_catalog.=) $2::pg_catalog.int4 and y operator(pg_catalog.>) $3::pg_catalog.int4)
            order by x, y
            limit $4::pg_catalog.int4
          ) as p`,
        values: [zoom - 1, from.x, from.y, parents],
      })
      const candidates = (above ?? []).flatMap(({ x, y }) =>
        [0, 1, 2, 3].map((child) => ({
          z: zoom,
          x: 2 * x + (child & 1),
          y: 2 * y + (child >> 1),
        })),
      )
      return {
        zoom,
        candidates,
        parents: above?.length ?? 0,
        last: above?.at(-1) ?? { x: -1, y: -1 },
      }
    },

    async finishRound(session, { zoom, parents, last }, tiles) {
      const known = await readState(session)
      const isBegun = known.zoom === zoom
      const next: State = {
        definition: known.definition,
        zoom,
        ...last,
        above: isBegun ? known.above : await countAt(session, zoom - 1),
        done: (isBegun ? known.done : 0) + parents,
        tiles: known.tiles + tiles.filter(({ data }) => data.length > 0).length,
      }
      await run(
        session,
        `with written as (
            insert into ${staging}
            select * from rows from (
              pg_catalog.unnest($1::pg_catalog.int2[]), pg_catalog.unnest($2::pg_catalog.int4[]),
              pg_catalog.unnest($3::pg_catalog.int4[]), pg_catalog.unnest($4::pg_catalog.bytea[])) as t
          )
          update ${staging} set data = pg_catalog.convert_to($5::pg_catalog.text, 'UTF8')
          where ${at(String(state.z))}`,
        [
          ...(['z', 'x', 'y'] as const).map(
            (column) => `{${tiles.map((tile) => tile[column]).join(',')}}`,
          ),
          `{${tiles.map(({ data }) => `"\\\\x${data.toString('hex')}"`).join(',')}}`,
          JSON.stringify(next),
        ],
      )
      return { tiles: next.tiles, share: next.above === 0 ? 1 : next.done / next.above }
    },

    publish(facts, replaces) {
      const factsSql = `pg_catalog.decode('${Buffer.from(JSON.stringify(facts)).toString('hex')}', 'hex')`
      const tidy = [
        `delete from ${staging} where z operator(pg_catalog.>=) 0 and pg_catalog.octet_length(data) operator(pg_catalog.=) 0`,
        `update ${staging} set data = ${factsSql} where ${at(String(state.z))}`,
      ]
      // What is granted hangs on the table, and whoever reads it goes on reading the old tiles.
      const replace = [
        `delete from ${tileset}`,
        `insert into ${tileset} (z, x, y, data) select z, x, y, data from ${staging}`,
        `drop table ${staging}`,
      ]
      const rename = [
        `alter table ${staging} rename constraint ${quote(`${table.name}_pkey`)} to ${quote(`${target.name}_pkey`.slice(-63))}`,
        `alter table ${staging} rename to ${quote(target.name)}`,
      ]
      // How many tiles there are is asked of PostgreSQL's estimate.
      return [...tidy, ...(replaces ? replace : rename), `analyze ${tileset}`].map((text) => ({
        text,
        controlsTransaction: false,
      }))
    },
  }
}

async function run(session: Session, text: string, values: readonly string[] = []): Promise<void> {
  await session.run({ text, values }, {})
  await session.settled()
}
