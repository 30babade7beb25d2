import type { RenderError } from '../surface.ts'

/**
 * `errors` is one string. Who is not known, or not allowed to manage keys, gets 401 with an empty
 * body and no challenge; so does whoever names an account that is not theirs.
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
    default:
      return { status: error.status, body: { errors: error.message, errors_cause: null } }
  }
}
