import type { FastifyInstance, RouteOptions } from 'fastify'
import { type OperationName, operations } from '../operations.ts'
import { isGuarded } from './admit.ts'
import { operationOf } from './operation-of.ts'

/**
 * Holds every route that is registered from here on to its row in the table of operations: one that
 * needs a credential has to stand behind requirePrincipal, and no other may. Call the result when
 * all routes are there; it throws on the first that is not as the table says.
 */
export function checkRoutes(app: FastifyInstance): () => void {
  const routes: RouteOptions[] = []
  app.addHook('onRoute', (route) => {
    routes.push(route)
  })
  return () => {
    for (const route of routes) {
      const name = operationOf(route)
      // Preflight requests carry no credential and are answered the same for everybody.
      if (name === undefined && route.method === 'OPTIONS') continue
      if (name === undefined || !Object.hasOwn(operations, name)) {
        throw new Error(`${route.method} ${route.url} is not in the table of operations.`)
      }
      if (operations[name as OperationName].needsCredential !== isGuarded(route)) {
        throw new Error(`${route.method} ${route.url} is protected otherwise than its row says.`)
      }
    }
  }
}
