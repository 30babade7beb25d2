import type { RouteOptions } from 'fastify'
import type { RateGroup } from '../limits/rate-groups.ts'
import { operations } from '../operations.ts'

/** The name of the operation that a route stands for. */
export function operationOf({ schema }: Pick<RouteOptions, 'schema'>): string | undefined {
  return (schema as { operationId?: string } | undefined)?.operationId
}

const groups = new Map<string | undefined, RateGroup>(
  Object.entries(operations).flatMap(([name, operation]) =>
    operation.needsCredential ? [[name, operation.rateGroup]] : [],
  ),
)

/** The allowance that a route draws on; that for statements where it is not in the table. */
export function rateGroupOf(route: Pick<RouteOptions, 'schema'>): RateGroup {
  return groups.get(operationOf(route)) ?? 'query'
}
