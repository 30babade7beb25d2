import type { RenderError } from '../surface.ts'

/**
 * `errors` is one string. Who is not known, or not allowed to manage keys, gets 401 with an empty
 * body and no challenge; so does whoever names an account that is not theirs. An account whose engine
 * is off has no such API: 404, and an empty body as well.
 */
export const renderAuthError: RenderError = (error) => {
  switch (error.code) {
    case 'missing_credential':
    case 'malformed_authorization':
    case 'invalid_credential':
    case 'master_key_required':
    case 'credential_revoked':
    case 'account_mismatch':
    case 'account_not_named':
    case 'account_not_found':
      return { status: 401 }
    case 'engine_disabled':
      return { status: 404 }
    case 'invalid_callback':
      return { status: 400, body: { errors: { callback: error.message } } }
    default:
      return {
        status: error.status,
        // Always null on the original; here what a limit is, beside the sentence that clients know.
        body: { errors: error.message, errors_cause: error.facts.detail ?? null },
      }
  }
}
