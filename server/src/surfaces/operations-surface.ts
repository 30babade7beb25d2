import { performance } from 'node:perf_hooks'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import { AccessError } from '../errors.ts'

/** What an operator's tools ask: is it ready, and how is it doing. No credential is needed. */
export function operationsSurface(
  server: FastifyInstance,
  operator: { readonly metrics: Registry; readonly isReady: () => Promise<boolean> },
): void {
  server.get(
    '/health',
    {
      schema: {
        tags: ['Operation'],
        operationId: 'getHealth',
        summary: 'Whether this node can answer requests',
        security: [],
        response: {
          200: Type.Object({
            enabled: Type.Boolean(),
            ok: Type.Boolean(),
            elapsed: Type.Number({ description: 'Milliseconds.' }),
          }),
        },
      },
    },
    async (_request, reply) => {
      const startedAt = performance.now()
      if (!(await operator.isReady())) throw new AccessError('store_unavailable')
      const elapsed = Math.round(performance.now() - startedAt)
      reply.header('cache-control', 'no-store')
      return reply
        .type('application/json; charset=utf-8')
        .send(JSON.stringify({ enabled: true, ok: true, elapsed }))
    },
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
