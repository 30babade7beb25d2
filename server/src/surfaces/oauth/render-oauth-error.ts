import type { AccessError } from '../../errors.ts'
import type { RenderError } from '../surface.ts'

/** RFC 6749, section 5.2: `error` is a word that clients know, `error_description` is for people. */
export const renderOAuthError: RenderError = (error) => ({
  status: error.status,
  body: { error: wordFor(error), error_description: error.message },
  headers: {
    'cache-control': 'no-store',
    pragma: 'no-cache',
    ...(error.status === 401 && { 'www-authenticate': 'Basic realm="OAuth"' }),
  },
})

function wordFor({ code, status }: AccessError): string {
  if (code.startsWith('oauth_')) return code.slice('oauth_'.length)
  if (status >= 500) return status === 503 ? 'temporarily_unavailable' : 'server_error'
  return status === 429 ? 'temporarily_unavailable' : 'invalid_request'
}
