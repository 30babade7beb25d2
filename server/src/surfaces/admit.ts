import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { Caller } from '../credential/audit-actor.ts'
import type { Admission, Authenticate } from '../credential/authenticate.ts'
import { accountOfHost, nameAccount } from '../credential/name-account.ts'
import type { Principal } from '../credential/principal.ts'
import { type Credential, readCredential, tokenParameters } from '../credential/read-credential.ts'
import { AccessError } from '../errors.ts'
import { clientNetwork } from '../limits/client-network.ts'
import type { RateLimits } from '../limits/rate-limits.ts'
import { isAllowedReferer, refererOf } from '../policy/referers.ts'
import { accountOfPath } from './account-prefix.ts'
import { listHeader } from './list-header.ts'
import { rateGroupOf } from './operation-of.ts'
import { mergeParameters } from './read-bodies.ts'
import { noteError } from './render-errors.ts'
import {
  mustKnowCsrfToken,
  mustNotBeForeign,
  type OwnAddress,
  readSessionCookie,
} from './session-cookie.ts'
import { tellAllowance } from './tell-allowance.ts'

declare module 'fastify' {
  interface FastifyRequest {
    admission: Admission | null
    credential: Credential | undefined
  }
}

const guardedRoutes = new WeakSet<RouteOptions>()

/** Whether a route was registered behind requirePrincipal. */
export function isGuarded(route: RouteOptions): boolean {
  return guardedRoutes.has(route)
}

/**
 * Puts authentication in front of every route of this context. A route that is registered in it
 * cannot be reached without a principal, and a route that asks for a principal outside of it fails.
 */
export function requirePrincipal(
  server: FastifyInstance,
  options: {
    readonly authenticate: Authenticate
    readonly limits: RateLimits
    /** Hosts that we are reached at; a label in front of one names an account. */
    readonly ownHosts: () => readonly string[]
    /** True on surfaces where no credential means nobody, not the default public key. */
    readonly refusesAnonymous: boolean
    /** True on surfaces that are not there for an account whose engine is off. */
    readonly needsEngine: boolean
    /** True on surfaces where the parameter `user_domain` names an account as well. */
    readonly readsUserDomain: boolean
    /** Of surfaces that a page of ours may use in the session of whoever is signed in. */
    readonly sessions?: OwnAddress
  },
): void {
  server.addHook('onRoute', (route) => {
    guardedRoutes.add(route)
  })
  server.decorateRequest('admission', null)
  server.decorateRequest('credential', undefined)
  server.addHook('preValidation', async (request, reply) => {
    const credential = readCredential({
      authorization: listHeader(request.raw, 'authorization'),
      query: request.query,
      body: request.body,
      cookie: options.sessions && readSessionCookie(request, options.sessions.publicUrl()),
    })
    if (options.sessions && credential?.place === 'cookie') {
      mustNotBeForeign(request, options.sessions)
      mustKnowCsrfToken(request, credential.token)
    }
    const accountName = nameAccount({
      path: accountOfPath(request.raw),
      host: accountOfHost(request.headers.host, options.ownHosts()),
      basicUser: credential?.basicUser,
      parameter: options.readsUserDomain ? userDomainOf(request) : undefined,
    })
    if (options.refusesAnonymous && !credential?.token) throw new AccessError('missing_credential')
    const { ip } = request
    const admission = await options
      .authenticate(credential, accountName, ip)
      .catch((error: unknown) => {
        if (error instanceof AccessError && error.code === 'rate_limited') {
          tellAllowance(reply, options.limits.lookAtRefusals(ip))
        }
        throw error
      })
    request.admission = admission
    request.credential = credential
    followConnection(reply, admission)
    mustComeFromAllowedSite(request, admission.principal)
    const group = rateGroupOf(request.routeOptions)
    const allowance = options.limits.take(admission.principal, group, ip)
    tellAllowance(reply, allowance)
    if (allowance?.isAllowed === false) throw new AccessError('rate_limited')
    mustHaveEngine(admission.principal, options.needsEngine)
  })
  server.addHook('onSend', (request, _reply, payload, done) => {
    // The credential ended while the answer was made, and whoever made it did not look: the reason
    // goes out instead. An error is no answer under the credential: that may go out.
    const { admission, errorCode } = request
    const reason = admission?.inFlight.signal.reason
    if (reason === undefined || errorCode !== undefined) {
      done(null, payload)
      return
    }
    noteError(request, reason)
    done(reason)
  })
}

/** The principal of a request. Throws when the route was registered outside of requirePrincipal. */
export function getPrincipal(request: FastifyRequest): Principal {
  return getAdmission(request).principal
}

/** The principal of a request that changes something, with what the audit log tells of the request. */
export function getCaller(request: FastifyRequest): Caller {
  return { ...getPrincipal(request), clientNetwork: clientNetwork(request.ip) }
}

export function getAdmission(request: FastifyRequest): Admission {
  if (request.admission === null || request.admission === undefined) {
    throw new AccessError('internal_error', {
      cause: new Error('A route asked for a principal where none is required.'),
    })
  }
  return request.admission
}

/**
 * The credential as a name and a value when the client itself put it into the address, and only
 * then: addresses in the answer carry it on, because such a client has no other way to send it.
 */
export function findCredentialParameter(
  request: FastifyRequest,
): { readonly name: string; readonly value: string } | undefined {
  const { credential } = request
  if (credential?.place !== 'query') return undefined
  const query = request.query as Record<string, unknown>
  const name = tokenParameters.find((candidate) => query[candidate] === credential.token)
  return name === undefined ? undefined : { name, value: credential.token }
}

/** On every request anew, tiles included: the same token may be used from here and not from there. */
function mustComeFromAllowedSite({ headers }: FastifyRequest, { referers }: Principal): void {
  if (referers === undefined || referers.length === 0) return
  const { referer, origin } = headers
  if (!isAllowedReferer(referers, refererOf({ referer, origin }))) {
    throw new AccessError('referer_not_allowed')
  }
}

/** A parameter that is sent and is no name names an account that is not there. */
function userDomainOf(request: FastifyRequest): string | undefined {
  const value = mergeParameters(request.query, request.body).user_domain
  if (value === undefined || value === null || value === '') return undefined
  return typeof value === 'string' ? value : '?'
}

function mustHaveEngine({ engineEnabled, kind }: Principal, isNeeded: boolean): void {
  if (engineEnabled) return
  if (isNeeded) throw new AccessError('engine_disabled')
  if (kind === 'regular') throw new AccessError('invalid_credential')
}

/** Ties the life of the answer to the life of the credential and of the connection. */
function followConnection(reply: FastifyReply, { inFlight }: Admission): void {
  const { raw } = reply
  if (raw.closed || raw.destroyed) {
    // The client left while we were still looking: nothing will tell us so again.
    inFlight.abort(new AccessError('request_timed_out'))
    return
  }
  inFlight.signal.addEventListener('abort', () => {
    // Bytes that are already on their way cannot be called back; the rest must not follow.
    if (raw.headersSent && !raw.writableFinished) raw.destroy()
  })
  raw.once('close', () => {
    if (!raw.writableFinished) inFlight.abort(new AccessError('request_timed_out'))
    inFlight.end()
  })
}
