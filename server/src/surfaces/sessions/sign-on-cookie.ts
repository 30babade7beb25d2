import type { FastifyRequest } from 'fastify'
import { listHeader } from '../list-header.ts'

const maxAgeSeconds = 600

function nameAt(publicUrl: string): string {
  return publicUrl.startsWith('https:') ? '__Host-postern_sign_on' : 'postern_sign_on'
}

/** What a browser brings back from the provider; undefined for nothing, and for more than one. */
export function readSignOnCookie(
  request: Pick<FastifyRequest, 'raw'>,
  publicUrl: string,
): string | undefined {
  const start = `${nameAt(publicUrl)}=`
  const values = listHeader(request.raw, 'cookie')
    .flatMap((header) => header.split(';'))
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(start))
  return values.length === 1 ? values[0]?.slice(start.length) : undefined
}

/** The `Set-Cookie` for a browser that is sent to the provider; without a value it takes it away. */
export function signOnCookie(publicUrl: string, value: string | undefined): string {
  return [
    `${nameAt(publicUrl)}=${value ?? ''}`,
    'Path=/',
    `Max-Age=${value === undefined ? 0 : maxAgeSeconds}`,
    'HttpOnly',
    // The provider's page leads back here by a link.
    'SameSite=Lax',
    ...(publicUrl.startsWith('https:') ? ['Secure'] : []),
  ].join('; ')
}
