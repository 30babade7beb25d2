import type { FastifyRequest } from 'fastify'
import { describe, expect, it } from 'vitest'
import {
  csrfTokenOf,
  mustKnowCsrfToken,
  mustNotBeForeign,
  readSessionCookie,
  sessionCookie,
} from './session-cookie.ts'

const [plain, tls] = ['http://127.0.0.1:8080', 'https://maps.example.com/api']
const foreign = expect.objectContaining({ code: 'foreign_request' })

function request(given: {
  readonly method?: string
  readonly headers?: readonly (readonly [string, string])[]
  readonly body?: unknown
}): FastifyRequest {
  const { method = 'POST', headers = [], body } = given
  return {
    method,
    body,
    headers: Object.fromEntries(headers),
    raw: { rawHeaders: headers.flat() },
  } as unknown as FastifyRequest
}

describe('the cookie of a session', () => {
  it('is for this host alone, for nobody to read, and not for pages of other sites to post with', () => {
    expect(sessionCookie(tls, 'abc')).toBe(
      '__Host-postern_session=abc; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure',
    )
    expect(sessionCookie(plain, undefined)).toBe(
      'postern_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
    )
  })

  it('is found among others, by its whole name', () => {
    const read = (...cookies: string[]) =>
      readSessionCookie(request({ headers: cookies.map((value) => ['cookie', value]) }), tls)
    expect(read('a=1; __Host-postern_session=abc; b=2')).toBe('abc')
    expect(read('a=1', '__Host-postern_session=abc')).toBe('abc')
    expect(read('postern_session=abc; x__Host-postern_session=abc')).toBeUndefined()
    expect(read('__Host-postern_session=')).toBeUndefined()
    expect(read()).toBeUndefined()
  })

  it('is none when there are two: a neighbour has put one of them there', () => {
    const two = request({ headers: [['cookie', 'postern_session=a; postern_session=b']] })
    expect(() => readSessionCookie(two, plain)).toThrow(
      expect.objectContaining({ code: 'invalid_credential' }),
    )
  })
})

describe('a request in a session that changes something', () => {
  const token = csrfTokenOf('psts1')

  it.each([
    ['in its header', { headers: [['x-csrf-token', token]] as const }],
    ['in a form', { body: { csrf_token: token } }],
  ])('needs the token of this session, %s', (_, given) => {
    expect(() => mustKnowCsrfToken(request(given), 'psts1')).not.toThrow()
    expect(() => mustKnowCsrfToken(request(given), 'psts2')).toThrow(foreign)
  })

  it.each([
    ['none', {}],
    ['an empty one', { headers: [['x-csrf-token', '']] as const }],
    ['another', { body: { csrf_token: `${token}a` } }],
    ['none that is text', { body: { csrf_token: [token] } }],
    [
      'an empty header before a good field',
      {
        headers: [['x-csrf-token', '']] as const,
        body: { csrf_token: token },
      },
    ],
  ])('is refused with %s', (_, given) => {
    for (const method of ['POST', 'PATCH', 'PUT', 'DELETE']) {
      expect(() => mustKnowCsrfToken(request({ ...given, method }), 'psts1')).toThrow(foreign)
    }
  })

  it('is no plain reading, which needs none', () => {
    expect(() => mustKnowCsrfToken(request({ method: 'GET' }), 'psts1')).not.toThrow()
  })
})

describe('a page', () => {
  const own = { publicUrl: () => plain, ownHosts: () => ['localhost', '127.0.0.1'] }
  const from = (...origins: string[]) =>
    request({ headers: origins.map((origin) => ['origin', origin]) })

  it.each([plain, 'http://localhost:8080', 'http://demo.localhost:8080'])(
    'of ours is %s',
    (origin) => {
      expect(() => mustNotBeForeign(from(origin), own)).not.toThrow()
    },
  )

  it.each([
    'http://evil.example',
    'http://127.0.0.1',
    'http://127.0.0.1:8081',
    'https://127.0.0.1:8080',
    'http://localhost.evil.example:8080',
    'http://evil-localhost:8080',
    'null',
    '',
  ])('of somebody else is %s', (origin) => {
    expect(() => mustNotBeForeign(from(origin), own)).toThrow(foreign)
    expect(() => mustNotBeForeign(from(plain, origin), own)).toThrow(foreign)
  })

  it('is none where nothing is said of one', () => {
    expect(() => mustNotBeForeign(from(), own)).not.toThrow()
  })
})
