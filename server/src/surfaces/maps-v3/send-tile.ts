import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Principal } from '../../credential/principal.ts'

const compress = promisify(gzip)
/** Below this, compressing costs more than it saves. */
const compressAboveBytes = 860

/**
 * Sends a tile: 204 when it is empty, 304 when the client has it already, compressed when the
 * client wants that.
 */
export async function sendTile(
  request: FastifyRequest,
  reply: FastifyReply,
  principal: Principal,
  tile: Buffer,
): Promise<FastifyReply> {
  reply.headers({
    // What a credential opens must not be served by anybody's cache once the credential has ended,
    // so it is asked for again each time. What is public is public.
    'cache-control': principal.kind === 'default' ? 'public, max-age=300' : 'private, no-cache',
    vary: 'Authorization, Accept-Encoding',
  })
  if (tile.length === 0) return reply.code(204).send()
  // Weak: the compressed tile has the same tag as the plain one.
  const etag = `W/"${hash('sha1', tile, 'base64url')}"`
  reply.header('etag', etag)
  if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send()
  reply.type('application/vnd.mapbox-vector-tile')
  if (tile.length <= compressAboveBytes || !acceptsGzip(request)) return reply.send(tile)
  return reply.header('content-encoding', 'gzip').send(await compress(tile, { level: 1 }))
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch.trim() === '*') return true
  const opaque = etag.slice(2)
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === opaque)
}

/** RFC 9110, 12.5.3: what a coding's own entry says counts before what `*` says. */
function acceptsGzip(request: FastifyRequest): boolean {
  const header = request.headers['accept-encoding']
  if (typeof header !== 'string') return false
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
