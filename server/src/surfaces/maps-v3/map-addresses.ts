import type { FastifyRequest } from 'fastify'
import type { Principal } from '../../credential/principal.ts'
import { accountOfPath } from '../account-prefix.ts'
import { findCredentialParameter } from '../admit.ts'
import type { SurfaceContext } from '../surface.ts'
import { packParameters } from './pack-parameters.ts'
import type { MapRequest } from './read-map-request.ts'

const plainHost = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/

/**
 * The absolute address of the same map, with `suffix` on its path and `more` parameters. A
 * credential that the client put into its own address is carried on, and only then.
 */
export function mapAddress(
  context: SurfaceContext,
  request: FastifyRequest,
  principal: Principal,
  map: MapRequest,
  more: Readonly<Record<string, string>>,
  suffix = '',
): string {
  const parameters = packParameters(map.parameters)
  for (const [name, value] of Object.entries(more)) parameters.set(name, value)
  const credential = findCredentialParameter(request)
  if (credential !== undefined) parameters.set(credential.name, credential.value)
  const path = `/v3/maps/${encodeURIComponent(map.connection)}/${map.kind}${suffix}`
  return `${baseOf(context, request)}${accountPart(request, principal)}${path}?${parameters}`
}

/** A token names its account; the default public key has nothing else to name it. */
function accountPart(request: FastifyRequest, { kind, accountName }: Principal): string {
  return kind === 'token' && accountOfPath(request.raw) === undefined ? '' : `/user/${accountName}`
}

/** What the operator has set counts; else what a trusted proxy says that it was reached at. */
function baseOf({ publicUrl, isPublicUrlSet }: SurfaceContext, request: FastifyRequest): string {
  const { headers, host, protocol } = request
  // Fastify takes it from the header only where the proxy is trusted.
  const isForwarded =
    headers['x-forwarded-host'] !== undefined && host !== headers.host && plainHost.test(host)
  return isForwarded && !isPublicUrlSet && /^https?$/.test(protocol)
    ? `${protocol}://${host}`
    : publicUrl()
}
