import type { RenderError } from '../surface.ts'
import { renderV3Error } from '../v3/render-v3-error.ts'

/**
 * As everywhere under v3, with the sentence as `description` as well, because clients of this API read
 * both; and with the member of the request that it is about.
 */
export const renderTokensError: RenderError = (error, request) => {
  const rendered = renderV3Error(error, request)
  const body = rendered.body as { readonly error: string }
  const { field, position } = error.facts
  const place = {
    ...(field !== undefined && { field }),
    ...(position !== undefined && { position }),
  }
  return { ...rendered, body: { ...body, description: body.error, ...place } }
}
