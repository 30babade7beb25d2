import type { AccessError } from '../../errors.ts'
import type { RenderError } from '../surface.ts'

/** `{"error": "<sentence>", "status": <number>}` on everything, and the column that is not there. */
export const renderV3Error: RenderError = (error) => {
  const { status, sentence } = publicAnswer(error)
  const { columnName } = error.facts
  const body = {
    error: sentence,
    status,
    ...(columnName !== undefined && { column_name: columnName }),
  }
  return { status, body, headers: { vary: 'Authorization' } }
}

/** The same of the SQL API: with the rows that there are not, and what PostgreSQL said beside it. */
export const renderV3SqlError: RenderError = (error, request) => {
  const { status, body, headers = {} } = renderV3Error(error, request)
  const { detail, hint } = error.facts
  return {
    status,
    body: {
      ...(body as object),
      ...(detail !== undefined && { detail }),
      ...(hint !== undefined && { hint }),
      rows: [],
    },
    headers,
  }
}

function publicAnswer(error: AccessError): { status: number; sentence: string } {
  switch (error.code) {
    case 'missing_credential':
    case 'account_not_named':
      return { status: 401, sentence: 'Token not defined' }
    case 'malformed_authorization':
    case 'invalid_credential':
    case 'credential_revoked':
    case 'account_not_found':
      return { status: 401, sentence: 'Invalid token' }
    case 'account_mismatch':
      return { status: 403, sentence: 'The credential belongs to another account' }
    case 'api_not_allowed':
      return { status: 403, sentence: 'This credential may not use this API' }
    case 'permission_denied':
    case 'system_tables_forbidden':
      return { status: 403, sentence: "You don't have permissions to read this resource" }
    case 'missing_sql':
      return { status: 400, sentence: 'The parameter "q" is missing.' }
    case 'statement_timed_out':
      return { status: 408, sentence: 'ProviderTimeoutError' }
    case 'batch_job_not_found':
      return { status: 404, sentence: error.message }
    case 'batch_job_ended':
      // The classic API's sentence names statuses that v3 calls otherwise.
      return { status: 409, sentence: 'The job has ended already' }
    case 'batch_queue_full':
      return { status: 429, sentence: error.message }
    default:
      return { status: error.status, sentence: error.message }
  }
}
