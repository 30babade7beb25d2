import { performance } from 'node:perf_hooks'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'
import { AccessError } from '../errors.ts'

/** The version of the original whose contract the SQL API keeps. */
const classicSqlVersion = '6.0.0'

/** What an operator's tools ask: is it ready, and how is it doing. No credential is needed. */
export function operationsSurface(
  server: FastifyInstance,
  operator: { readonly metrics: Registry; readonly isReady: () => Promise<boolean> },
): void {
  const health = {
    tags: ['Operation'],
    summary: 'Whether this node can answer requests',
    security: [],
    response: {
      200: Type.Object({
        enabled: Type.Boolean(),
        ok: Type.Boolean(),
        elapsed: Type.Number({ description: 'Milliseconds.' }),
      }),
    },
  }
  const answerHealth = async (_request: FastifyRequest, reply: FastifyReply) => {
    const startedAt = performance.now()
    if (!(await operator.isReady())) throw new AccessError('store_unavailable')
    const elapsed = Math.round(performance.now() - startedAt)
    reply.header('cache-control', 'no-store')
    return reply
      .type('application/json; charset=utf-8')
      .send(JSON.stringify({ enabled: true, ok: true, elapsed }))
  }
  server.get('/health', { schema: { ...health, operationId: 'getHealth' } }, answerHealth)
  server.get(
    '/api/:version/health',
    {
      schema: {
        ...health,
        operationId: 'getSqlHealth',
        params: Type.Object({ version: Type.String() }),
      },
    },
    answerHealth,
  )

  server.get(
    '/api/:version/version',
    {
      schema: {
        tags: ['Operation'],
        operationId: 'getSqlVersion',
        summary: 'Which version of the classic SQL API is spoken',
        security: [],
        params: Type.Object({ version: Type.String() }),
        response: { 200: Type.Object({ cartodb_sql_api: Type.String() }) },
      },
    },
    async (_request, reply) =>
      reply
        .type('application/json; charset=utf-8')
        .send(JSON.stringify({ cartodb_sql_api: classicSqlVersion })),
  )

  server.get(
    '/metrics',
    {
      schema: {
        tags: ['Operation'],
        operationId: 'getMetrics',
        summary: 'Metrics in the Prometheus text format',
        security: [],
        response: { 200: Type.String() },
      },
    },
    async (_request, reply) =>
      reply.type(operator.metrics.contentType).send(await operator.metrics.metrics()),
  )
}
