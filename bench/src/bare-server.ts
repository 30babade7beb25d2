import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import type { Login } from './open-backstage.ts'
import { answerParent } from './worker.ts'

/** What a bare server works with. */
export type BareServerOptions = {
  readonly login: Login
  readonly connections: number
  /** The statements of tiles by table; parameters 1 to 3 are z, x and y, the fourth a row limit. */
  readonly tiles: Readonly<Record<string, { readonly name: string; readonly text: string }>>
  readonly maxFeatures: number
}

export type BareServer = { readonly port: number }

/**
 * The yardstick: the least that can be written with node:http and pg to answer the same requests.
 * It asks nobody who they are, checks nothing, resets nothing and logs nothing.
 */
async function serveBare(options: BareServerOptions): Promise<BareServer> {
  const pool = new pg.Pool({ ...options.login, max: options.connections })
  const server = createServer((request, response) => {
    answer(pool, options, request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port }
}

async function answer(
  pool: pg.Pool,
  options: BareServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://bare')
  const [, kind = '', ...rest] = url.pathname.split('/')
  const q = url.searchParams.get('q') ?? ''
  if (kind === 'constant') sendTile(response, constantOf(Number(rest[0])))
  else if (kind === 'objects') sendJson(response, await queryObjects(pool, q))
  else if (kind === 'text') sendJson(response, await queryText(pool, q))
  else sendTile(response, await queryTile(pool, options, rest))
}

const constants = new Map<number, Buffer>()

/** Bytes that were there before anybody asked. */
function constantOf(bytes: number): Buffer {
  let constant = constants.get(bytes)
  if (constant === undefined) {
    constant = Buffer.alloc(bytes, 1)
    constants.set(bytes, constant)
  }
  return constant
}

/** Rows as pg makes them. */
async function queryObjects(pool: pg.Pool, sql: string): Promise<string> {
  const { rows } = await pool.query(sql)
  return JSON.stringify({ rows, total_rows: rows.length })
}

/** For a statement that makes the JSON itself: `rows` is text, `total_rows` a number. */
async function queryText(pool: pg.Pool, sql: string): Promise<string> {
  const { rows } = await pool.query<{ rows: string; total_rows: number }>(sql)
  return `{"rows":${rows[0]?.rows},"total_rows":${rows[0]?.total_rows}}`
}

async function queryTile(
  pool: pg.Pool,
  { tiles, maxFeatures }: BareServerOptions,
  [table = '', ...address]: readonly string[],
): Promise<Buffer> {
  const statement = tiles[table]
  if (statement === undefined) throw new Error('There are no tiles of this table.')
  // pg reads every value as UTF-8, so a tile has to come as hexadecimal text.
  const { rows } = await pool.query<{ st_asmvt: Buffer }>({
    ...statement,
    values: [...address.map(Number), maxFeatures],
  })
  return rows[0]?.st_asmvt ?? Buffer.alloc(0)
}

function sendJson(response: ServerResponse, body: string): void {
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

function sendTile(response: ServerResponse, tile: Buffer): void {
  if (tile.length === 0) {
    response.writeHead(204).end()
    return
  }
  response.writeHead(200, {
    'content-type': 'application/vnd.mapbox-vector-tile',
    'content-length': tile.length,
  })
  response.end(tile)
}

answerParent(serveBare)
