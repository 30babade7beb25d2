import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { Principal } from '../../credential/principal.ts'
import { compressQuickly, isWorthCompressing } from '../../tiles/store-tile.ts'
import type { StoredTile } from '../../tiles/tile-cache.ts'
import { matchesTag } from '../matches-tag.ts'

const uncompress = promisify(gunzip)

/**
 * Sends a tile or a document: 204 when it is empty, 304 when the client has it already, compressed
 * when the client takes that.
 */
export async function sendTile(
  request: FastifyRequest,
  reply: FastifyReply,
  principal: Principal,
  tile: StoredTile,
  contentType: string,
): Promise<FastifyReply> {
  const { bytes, isGzipped, etag } = tile
  const headers = {
    // What a credential opens must not be served by anybody's cache once the credential has ended,
    // so it is asked for again each time. What is public is public.
    'cache-control': principal.kind === 'default' ? 'public, max-age=300' : 'private, no-cache',
    vary: 'Authorization, Accept-Encoding',
  }
  if (bytes.length === 0) return reply.code(204).headers(headers).send()
  reply.headers({ etag, ...headers })
  if (matchesTag(request.headers['if-none-match'], etag)) return reply.code(304).send()
  reply.header('content-type', contentType)
  if (!acceptsGzip(request)) return reply.send(isGzipped ? await uncompress(bytes) : bytes)
  if (!isGzipped && !isWorthCompressing(bytes)) return reply.send(bytes)
  return reply
    .header('content-encoding', 'gzip')
    .send(isGzipped ? bytes : await compressQuickly(bytes))
}

/** What clients were found to take: there are few of these headers, and tiles are many. */
const known = new LRUCache<string, boolean>({ max: 200 })
/** No browser sends a longer one. */
const maxKnownLength = 200

function acceptsGzip(request: FastifyRequest): boolean {
  const header = request.headers['accept-encoding']
  if (typeof header !== 'string') return false
  if (header.length > maxKnownLength) return namesGzip(header)
  let accepts = known.get(header)
  if (accepts === undefined) {
    accepts = namesGzip(header)
    known.set(header, accepts)
  }
  return accepts
}

/** RFC 9110, 12.5.3: what a coding's own entry says counts before what `*` says. */
function namesGzip(header: string): boolean {
  const entries = new Map(
    header.split(',').map((entry) => {
      const [coding = '', ...parameters] = entry
        .split(';')
        .map((piece) => piece.trim().toLowerCase())
      return [coding, !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))]
    }),
  )
  return entries.get('gzip') ?? entries.get('*') ?? false
}
