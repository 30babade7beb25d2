import type { AccessError } from '../../errors.ts'
import { findCallback } from '../jsonp.ts'
import type { RenderError } from '../surface.ts'

const timeoutSentence =
  "You are over platform's limits: SQL query timeout error. Refactor your query before running again or contact CARTO support for more details."

/** The body of an error: `error` is a list of one, the rest only where there is something to say. */
export function sqlErrorBody(error: AccessError): Record<string, unknown> {
  if (error.code === 'statement_timed_out') {
    return { error: [timeoutSentence], context: 'limit', detail: 'datasource' }
  }
  if (error.code === 'rate_limited') {
    return { error: [error.message], context: 'limit', detail: 'rate-limit' }
  }
  const { context, detail, hint } = error.facts
  return {
    error: [publicSentence(error)],
    ...(context !== undefined && { context }),
    ...(detail !== undefined && { detail }),
    ...(hint !== undefined && { hint }),
  }
}

export const renderSqlError: RenderError = (error, request) => ({
  status: error.code === 'missing_credential' ? 401 : error.status,
  body: sqlErrorBody(error),
  // Body before query, as for every parameter.
  callback: findCallback(request.body, request.query),
  headers: { 'content-disposition': 'inline', vary: 'Authorization' },
})

function publicSentence(error: AccessError): string {
  switch (error.code) {
    case 'account_not_found':
      return `Sorry, we can't find CARTO user '${error.message}'. Please check that you have entered the correct domain.`
    case 'missing_credential':
      return 'Unauthorized'
    default:
      return error.message
  }
}
