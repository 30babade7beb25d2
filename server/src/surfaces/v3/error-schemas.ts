import { type TSchema, Type } from '@sinclair/typebox'

/** What every refusal under v3 has. */
export const V3Error = Type.Object({ error: Type.String(), status: Type.Integer() })

/** Refusals that any v3 operation can answer with, in this shape, and others beside them. */
export function errorsOf(shape: TSchema, ...others: readonly number[]): Record<number, TSchema> {
  const statuses = [400, 401, 403, 404, 429, 503, ...others].sort((a, b) => a - b)
  return Object.fromEntries(statuses.map((status) => [status, shape]))
}
