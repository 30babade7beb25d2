import type { FastifySchema } from 'fastify'
import { type OperationName, operations } from '../operations.ts'

const integerHeader = (description: string) => ({ type: 'integer', description })

const headers = {
  'Carto-Rate-Limit-Limit': integerHeader('The most requests that may come at once.'),
  'Carto-Rate-Limit-Remaining': integerHeader('How many of them may come right now.'),
  'Carto-Rate-Limit-Reset': integerHeader('Seconds until all of them may.'),
  'Retry-After': integerHeader('Seconds to wait. Only when a request was refused for the limit.'),
}

/**
 * Adds to the description of a limited operation that it can answer 429, in the shape that its
 * surface gives to a refusal.
 */
export function describeRateLimit<Schema extends FastifySchema>(schema: Schema): Schema {
  const { operationId, response } = schema as { operationId?: string; response?: object }
  if (operationId === undefined || !Object.hasOwn(operations, operationId)) return schema
  if (!('rateGroup' in operations[operationId as OperationName])) return schema
  const refusals = response as Record<string, object> | undefined
  const refusal = refusals?.['429'] ?? refusals?.['403'] ?? refusals?.['400']
  if (refusal === undefined) return schema
  return {
    ...schema,
    response: { ...refusals, 429: { ...refusal, description: 'Too many requests.', headers } },
  }
}
