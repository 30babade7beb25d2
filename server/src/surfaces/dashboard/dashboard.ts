import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AccessError } from '../../errors.ts'
import type { SurfaceContext } from '../surface.ts'
import { pageHeaders } from './page-headers.ts'
import { pagePaths } from './page-paths.ts'

/** Where `npm run build` puts the dashboard. */
const builtDir = fileURLToPath(new URL('../../../../dashboard/dist', import.meta.url))

const page = { schema: { operationId: 'getDashboardPage', hide: true } }
const asset = { schema: { operationId: 'getDashboardAsset', hide: true } }

/**
 * The pages of the dashboard and what they are made of. Every page is the same document: it asks the
 * APIs for everything that it shows, in the session of whoever is signed in.
 */
export async function dashboard(
  server: FastifyInstance,
  { publicUrl }: Pick<SurfaceContext, 'publicUrl'>,
): Promise<void> {
  const document = readDocument()
  await server.register(fastifyStatic, { root: builtDir, serve: false, preCompressed: true })

  const sendPage = async (_request: FastifyRequest, reply: FastifyReply) => {
    if (document === undefined) throw new AccessError('dashboard_not_built')
    const { origin, pathname } = new URL(publicUrl())
    const nonce = randomBytes(16).toString('base64')
    return reply
      .headers(pageHeaders(nonce, origin))
      .send(
        document
          .replace('{{base}}', encodeAttribute(`${pathname.replace(/\/$/, '')}/`))
          .replace('{{nonce}}', nonce),
      )
  }
  for (const path of pagePaths) server.get(path, page, sendPage)

  // Their names carry a hash of what is in them, so they can be kept for ever.
  server.get<{ Params: { '*': string } }>('/assets/*', asset, (request, reply) => {
    if (document === undefined) throw new AccessError('dashboard_not_built')
    reply.header('x-content-type-options', 'nosniff')
    return reply.sendFile(`assets/${request.params['*']}`, { maxAge: '1y', immutable: true })
  })
  server.get('/icon.svg', asset, (_request, reply) => {
    if (document === undefined) throw new AccessError('dashboard_not_built')
    return reply.sendFile('icon.svg', { maxAge: '1d' })
  })
}

function readDocument(): string | undefined {
  try {
    return readFileSync(join(builtDir, 'index.html'), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function encodeAttribute(text: string): string {
  return text.replace(/[&"<>]/g, (character) => `&#${character.charCodeAt(0)};`)
}
