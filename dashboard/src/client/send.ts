import { readApiError } from './api-error.ts'
import { askToConfirm } from './confirmation.ts'
import { csrfToken } from './csrf-token.ts'

/** Codes that mean that nobody is signed in any more. */
const signedOutCodes = [
  'missing_credential',
  'invalid_credential',
  'credential_revoked',
  'not_signed_in',
]

let onSignedOut = () => {}

/** Says what is to happen when the server no longer knows who is signed in. */
export function whenSignedOut(react: () => void): void {
  onSignedOut = react
}

/**
 * Sends a request of the signed-in user. When the server wants to know first that it is really them,
 * asks them and sends it once more. Throws ApiError for every answer that is an error.
 */
export async function send(request: Request): Promise<Response> {
  if (!['GET', 'HEAD'].includes(request.method)) request.headers.set('x-csrf-token', csrfToken())
  const again = request.clone()
  const response = await fetch(request)
  if (response.ok) return response
  const error = await readApiError(response)
  if (error.code === 'confirmation_needed' && (await askToConfirm())) {
    const second = await fetch(again)
    if (second.ok) return second
    throw await readApiError(second)
  }
  if (error.status === 401 && signedOutCodes.includes(error.code ?? '')) onSignedOut()
  throw error
}
