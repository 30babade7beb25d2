import { performance } from 'node:perf_hooks'
import swagger from '@fastify/swagger'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'
import { AccessError, type ErrorCode } from './errors.ts'
import type { RateLimits } from './limits/rate-limits.ts'
import { account } from './surfaces/account/account.ts'
import { stripAccountPrefix } from './surfaces/account-prefix.ts'
import { activityV3 } from './surfaces/activity-v3/activity-v3.ts'
import { requirePrincipal } from './surfaces/admit.ts'
import { auditV3 } from './surfaces/audit-v3/audit-v3.ts'
import {
  answerBrokenRequests,
  ignoreExpectation,
  mustNameOneHost,
} from './surfaces/broken-requests.ts'
import { checkRoutes } from './surfaces/check-routes.ts'
import { classicAuth } from './surfaces/classic-auth/classic-auth.ts'
import { renderAuthError } from './surfaces/classic-auth/render-auth-error.ts'
import { classicBatch, jobPaths } from './surfaces/classic-batch/classic-batch.ts'
import { refuseLargePayloads } from './surfaces/classic-batch/refuse-large-payloads.ts'
import { classicCompanions } from './surfaces/classic-companions/classic-companions.ts'
import {
  findNotOffered,
  isCompanionPath,
  isMapsPath,
} from './surfaces/classic-companions/not-offered.ts'
import { publicAccount } from './surfaces/classic-companions/public-account.ts'
import { classicCopyFrom, classicCopyTo, copyPaths } from './surfaces/classic-copy/classic-copy.ts'
import { renderMapsError } from './surfaces/classic-maps/render-maps-error.ts'
import { classicSql } from './surfaces/classic-sql/classic-sql.ts'
import { renderSqlError } from './surfaces/classic-sql/render-sql-error.ts'
import { connectionsV3 } from './surfaces/connections-v3/connections-v3.ts'
import { allowEveryOrigin } from './surfaces/cors.ts'
import { dashboard } from './surfaces/dashboard/dashboard.ts'
import { dataV3 } from './surfaces/data-v3/data-v3.ts'
import { decisionsV3 } from './surfaces/decisions-v3/decisions-v3.ts'
import { describeRateLimit } from './surfaces/describe-rate-limit.ts'
import { grantableV3 } from './surfaces/grantable-v3/grantable-v3.ts'
import { acceptingInvitations, invitations } from './surfaces/invitations/invitations.ts'
import { requireManager } from './surfaces/manage.ts'
import { mapsV3 } from './surfaces/maps-v3/maps-v3.ts'
import { modelsV3 } from './surfaces/models-v3/models-v3.ts'
import { namedSourcesV3 } from './surfaces/named-sources-v3/named-sources-v3.ts'
import { authorizing } from './surfaces/oauth/authorize.ts'
import { renderOAuthError } from './surfaces/oauth/render-oauth-error.ts'
import { issuingTokens, oauthPaths } from './surfaces/oauth/token.ts'
import { oauthClients } from './surfaces/oauth-clients/oauth-clients.ts'
import { openapiInfo } from './surfaces/openapi-info.ts'
import { operationOf } from './surfaces/operation-of.ts'
import { operationsSurface } from './surfaces/operations-surface.ts'
import { readBodies } from './surfaces/read-bodies.ts'
import { noteError, renderErrors, sendRendered } from './surfaces/render-errors.ts'
import { sessions, signingIn } from './surfaces/sessions/sessions.ts'
import { signingOn } from './surfaces/sessions/sign-on.ts'
import { sqlJobsV3 } from './surfaces/sql-v3/jobs.ts'
import { sqlV3 } from './surfaces/sql-v3/sql-v3.ts'
import type { RenderError, Surface, SurfaceContext } from './surfaces/surface.ts'
import { renderTokensError } from './surfaces/tokens-v3/render-tokens-error.ts'
import { tokensV3 } from './surfaces/tokens-v3/tokens-v3.ts'
import { ownUser } from './surfaces/users/own-user.ts'
import { secondFactor } from './surfaces/users/second-factor.ts'
import { users } from './surfaces/users/users.ts'
import { openHeaders, openToPages } from './surfaces/v3/open-to-pages.ts'
import { collectMethods, isV3Path } from './surfaces/v3/other-methods.ts'
import { refuseUnreadBodies } from './surfaces/v3/refuse-unread-bodies.ts'
import { renderV3Error, renderV3SqlError } from './surfaces/v3/render-v3-error.ts'

/** SQL may be long, and JSON makes it longer. Uploads have their own route and their own limit. */
const maxBodyBytes = 8 * 1024 * 1024
/** Clients put long column lists in the address. */
const maxHeaderBytes = 64 * 1024
/** The longest name that an API key can have; longer ones need not be looked for. */
const maxNameLength = 1_024
/** How long a client may take to send a whole request. */
const requestTimeoutMs = 15_000

/**
 * The table of contents: which surfaces there are, under which addresses, and what stands in front
 * of them. Every address also answers under `/user/NAME`.
 */
export async function buildApp(
  context: SurfaceContext,
  operator: {
    readonly metrics: Registry
    readonly rateLimits: RateLimits
    /** Those whose X-Forwarded-For says who the client is. */
    readonly trustedProxies: readonly string[]
    readonly ownHosts: () => readonly string[]
    readonly isReady: () => Promise<boolean>
  },
): Promise<FastifyInstance> {
  const app = Fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    trustProxy: operator.trustedProxies.length > 0 ? [...operator.trustedProxies] : false,
    keepAliveTimeout: 65_000,
    http: {
      maxHeaderSize: maxHeaderBytes,
      connectionsCheckingInterval: 2_000,
      // Node gives the whole request the longer one of its two deadlines, and Fastify sets the other.
      headersTimeout: requestTimeoutMs,
      // Node's own refusal has no body.
      requireHostHeader: false,
    },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: maxNameLength },
    rewriteUrl: (request) => stripAccountPrefix(request),
    genReqId: () => crypto.randomUUID(),
    clientErrorHandler: answerBrokenRequests,
    // An address that cannot be decoded, or a name in it that nothing can have.
    frameworkErrors: (error, request, reply) =>
      answerUnrouted(
        error.statusCode === 414 ? 'route_not_found' : 'malformed_request',
        request,
        reply,
      ),
    exposeHeadRoutes: false,
  })
  // Route schemas describe; each surface checks for itself, because its contract dictates the words.
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => (value) => JSON.stringify(value))
  await app.register(swagger, {
    openapi: openapiInfo,
    transform: ({ schema, url }) => ({ schema: describeRateLimit(schema), url }),
  })
  await readBodies(app, maxBodyBytes)
  const checkRegistered = checkRoutes(app)
  const methodsAt = collectMethods(app)
  observeRequests(app, context)
  app.addHook('onRequest', mustNameOneHost)
  app.server.on('checkExpectation', ignoreExpectation)

  type Contents = {
    readonly surface: Surface
    readonly render: RenderError
    readonly refusesAnonymous: boolean
    /** Classic platform: not there without the account's engine, and `user_domain` names accounts. */
    readonly isPlatform: boolean
    /** Whether a page of ours may use it in the session of whoever is signed in. */
    readonly takesSessions?: boolean
    /** Addresses that pages of other sites may call. */
    readonly openToPages: readonly string[]
    /** What is refused before anybody asks whose it is. */
    readonly refuseFirst?: (server: FastifyInstance) => void
  }
  const authenticated: readonly Contents[] = [
    {
      surface: classicAuth,
      render: renderAuthError,
      refusesAnonymous: true,
      isPlatform: true,
      takesSessions: true,
      openToPages: [],
    },
    {
      surface: classicCompanions,
      render: renderAuthError,
      refusesAnonymous: true,
      isPlatform: true,
      openToPages: [],
    },
    {
      surface: publicAccount,
      render: renderAuthError,
      refusesAnonymous: true,
      isPlatform: true,
      openToPages: ['/api/v4/me', '/api/v4/datasets'],
    },
    {
      surface: classicSql,
      render: renderSqlError,
      refusesAnonymous: false,
      isPlatform: false,
      openToPages: ['/api/:version/sql'],
    },
    {
      surface: classicCopyFrom,
      render: renderSqlError,
      refusesAnonymous: false,
      openToPages: [copyPaths.from],
      isPlatform: false,
    },
    {
      surface: classicCopyTo,
      render: renderSqlError,
      refusesAnonymous: false,
      openToPages: [copyPaths.to],
      isPlatform: false,
    },
    {
      surface: classicBatch,
      render: renderSqlError,
      refusesAnonymous: false,
      isPlatform: false,
      openToPages: [jobPaths.all, jobPaths.one],
      refuseFirst: refuseLargePayloads,
    },
  ]
  const own = { publicUrl: context.publicUrl, ownHosts: operator.ownHosts }
  const guard = (
    server: FastifyInstance,
    {
      surface,
      refusesAnonymous,
      isPlatform,
      isForManagers = false,
      takesSessions = isForManagers,
    }: Pick<Contents, 'surface' | 'refusesAnonymous' | 'isPlatform' | 'takesSessions'> & {
      readonly isForManagers?: boolean
    },
  ) =>
    server.register(async (guarded) => {
      requirePrincipal(guarded, {
        authenticate: context.authenticate,
        limits: operator.rateLimits,
        ownHosts: operator.ownHosts,
        refusesAnonymous,
        needsEngine: isPlatform,
        readsUserDomain: isPlatform,
        ...(takesSessions && { sessions: own }),
      })
      if (isForManagers) requireManager(guarded, context)
      surface(guarded, context)
    })
  for (const contents of authenticated) {
    const { render, openToPages: paths, refuseFirst } = contents
    await app.register(async (open) => {
      renderErrors(open, render, context.observe)
      if (paths.length > 0) allowEveryOrigin(open, paths)
      refuseFirst?.(open)
      await guard(open, contents)
    })
  }

  const v3: readonly {
    readonly surface: Surface
    readonly render: RenderError
    /** Data is not there for nobody; what manages is not there for those who do not. */
    readonly isForManagers: boolean
  }[] = [
    { surface: sqlV3, render: renderV3SqlError, isForManagers: false },
    { surface: tokensV3, render: renderTokensError, isForManagers: true },
    { surface: sqlJobsV3, render: renderV3Error, isForManagers: false },
    { surface: mapsV3, render: renderV3Error, isForManagers: false },
    { surface: modelsV3, render: renderV3Error, isForManagers: false },
    { surface: connectionsV3, render: renderV3Error, isForManagers: true },
    { surface: dataV3, render: renderV3Error, isForManagers: true },
    { surface: namedSourcesV3, render: renderV3Error, isForManagers: true },
    { surface: grantableV3, render: renderV3Error, isForManagers: true },
    { surface: account, render: renderV3Error, isForManagers: true },
    { surface: decisionsV3, render: renderV3Error, isForManagers: true },
    { surface: users, render: renderV3Error, isForManagers: true },
    { surface: ownUser, render: renderV3Error, isForManagers: true },
    { surface: secondFactor, render: renderV3Error, isForManagers: true },
    { surface: invitations, render: renderV3Error, isForManagers: true },
    { surface: oauthClients, render: renderV3Error, isForManagers: true },
    { surface: auditV3, render: renderV3Error, isForManagers: true },
    { surface: activityV3, render: renderV3Error, isForManagers: true },
  ]
  await app.register(async (open) => {
    openToPages(open)
    refuseUnreadBodies(open)
    for (const { surface, render, isForManagers } of v3) {
      await open.register(async (shaped) => {
        renderErrors(shaped, render, context.observe)
        await guard(shaped, {
          surface,
          refusesAnonymous: isForManagers,
          isPlatform: false,
          isForManagers,
        })
      })
    }
  })

  await app.register(async (open) => {
    renderErrors(open, renderV3Error, context.observe)
    signingIn(open, context, own)
    signingOn(open, context, own)
    acceptingInvitations(open, context, own)
    authorizing(open, context, own)
    await guard(open, {
      surface: sessions,
      refusesAnonymous: true,
      isPlatform: false,
      takesSessions: true,
    })
  })

  await app.register(async (open) => {
    renderErrors(open, renderOAuthError, context.observe)
    allowEveryOrigin(open, oauthPaths)
    issuingTokens(open, context, own, operator.rateLimits)
  })

  await app.register(async (open) => {
    renderErrors(open, renderV3Error, context.observe)
    operationsSurface(open, operator)
    await dashboard(open, context)
  })

  renderErrors(app, renderSqlError, context.observe)
  app.setNotFoundHandler(async (request, reply) => {
    const allowed = methodsAt(request.url)
    if (allowed.length > 0) reply.header('allow', allowed.join(', '))
    const reason = allowed.length > 0 ? 'method_not_allowed' : 'route_not_found'
    return answerUnrouted(findNotOffered(request.method, request.url) ?? reason, request, reply)
  })
  await app.ready()
  checkRegistered()
  return app
}

/** Where no route is, the neighbourhood decides the shape. */
function answerUnrouted(
  reason: ErrorCode | AccessError,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const error = typeof reason === 'string' ? new AccessError(reason) : reason
  noteError(request, error)
  if (isV3Path(request.url)) reply.headers(openHeaders)
  return sendRendered(reply, error, rendererNear(request.url)(error, request))
}

function rendererNear(url: string): RenderError {
  if (isV3Path(url) || /^\/(session|oauth)\b/.test(url)) return renderV3Error
  if (isMapsPath(url)) return renderMapsError
  return url.startsWith('/api/v3/') || isCompanionPath(url) ? renderAuthError : renderSqlError
}

/** One observation per request, when its last byte is out or its connection is gone. */
function observeRequests(app: FastifyInstance, { observe }: SurfaceContext): void {
  app.decorateRequest('errorCode', undefined)
  // With a callback: an async hook costs every request a turn of the microtask queue.
  app.addHook('onRequest', (request, reply, done) => {
    const startedAt = performance.now()
    const { socket } = request.raw
    const bytesBefore = socket.bytesWritten
    reply.raw.once('close', () => {
      const principal = request.admission?.principal
      observe({
        event: 'request_completed',
        requestId: request.id,
        operation: operationOf(request.routeOptions) ?? 'none',
        method: request.method,
        // The route, not the address: addresses carry credentials and names.
        path: request.routeOptions.url ?? 'none',
        status: reply.raw.statusCode,
        durationMs: Math.round((performance.now() - startedAt) * 1000) / 1000,
        bytesSent: socket.bytesWritten - bytesBefore,
        account: principal?.accountName,
        credentialId: principal?.credentialId,
        credentialKind: principal?.kind,
        error: request.errorCode,
      })
    })
    done()
  })
}
