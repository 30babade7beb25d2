import type { FastifyRequest } from 'fastify'
import { tokenParameters } from '../../credential/read-credential.ts'
import { findCredentialParameter } from '../admit.ts'

type Link = { readonly href: string }

/** The links of one page to the others, in the contract's order. With nothing found `last` is 0. */
export function pageLinks(
  request: FastifyRequest,
  base: string,
  { page, perPage, total }: { page: number; perPage: number; total: number },
): Record<string, Link> {
  const last = Math.ceil(total / perPage)
  const link = (number: number) => ({ href: pageUrl(request, base, number) })
  return {
    first: link(1),
    ...(page > 1 && { prev: link(page - 1) }),
    ...(page < last && { next: link(page + 1) }),
    last: link(last),
  }
}

/**
 * The request's own parameters with another page. A token is among them only where it is what the
 * client has authenticated with: another one lends nothing here either.
 */
function pageUrl(request: FastifyRequest, base: string, page: number): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(request.query as Record<string, unknown>)) {
    if (name === 'page' || isTokenParameter(name) || typeof value !== 'string') continue
    parameters.set(name, value)
  }
  parameters.set('page', String(page))
  const credential = findCredentialParameter(request)
  if (credential !== undefined) parameters.set(credential.name, credential.value)
  return `${base}?${parameters}`
}

function isTokenParameter(name: string): boolean {
  return tokenParameters.some((token) => name === token || name === `${token}[]`)
}
