import { findCallback } from '../jsonp.ts'
import type { RenderError } from '../surface.ts'

/** `errors` is a list of sentences, and `errors_with_context` the same with what is known of each. */
export const renderMapsError: RenderError = ({ status, message }, request) => ({
  status,
  body: { errors: [message], errors_with_context: [{ type: 'unknown', message }] },
  callback: findCallback(request.query),
  // Maps are asked for by pages of any site, which are to see why there is none.
  headers: { 'access-control-allow-origin': '*' },
})
