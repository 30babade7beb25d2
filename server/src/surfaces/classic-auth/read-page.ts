import type { ApiKeyType } from '../../credential/principal.ts'
import { AccessError } from '../../errors.ts'
import type { ApiKeyOrder } from '../../store/api-keys.ts'

export type Page = {
  readonly page: number
  readonly perPage: number
  readonly order: ApiKeyOrder
  readonly types: readonly ApiKeyType[]
}

const orders: readonly ApiKeyOrder[] = ['type', 'name', 'updated_at']
const kinds: readonly ApiKeyType[] = ['master', 'default', 'regular']

/** Reads the parameters of the list; throws invalid_parameter with the contract's sentences. */
export function readPage(query: Record<string, unknown>): Page {
  return {
    page: readPositive(query, 'page', 1),
    perPage: readPositive(query, 'per_page', 20),
    order: readOrder(query),
    types: readTypes(query.type),
  }
}

function readPositive(query: Record<string, unknown>, name: string, fallback: number): number {
  const value = query[name]
  if (value === undefined) return fallback
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : 0
  if (number > 0) return number
  throw invalid(`Wrong '${name}' parameter value.`)
}

function readOrder(query: Record<string, unknown>): ApiKeyOrder {
  const direction = query.order_direction
  if (direction !== undefined && direction !== 'asc' && direction !== 'desc') {
    throw invalid("Wrong 'order_direction' parameter value. Valid values are one of [:asc, :desc]")
  }
  const value = query.order
  if (value === undefined) return 'updated_at'
  const order = orders.find((candidate) => candidate === value)
  if (order !== undefined) return order
  throw invalid(
    "Wrong 'order' parameter value. Valid values are one of [:type, :name, :updated_at]",
  )
}

function readTypes(value: unknown): readonly ApiKeyType[] {
  if (value === undefined || value === '') return kinds
  const names = typeof value === 'string' ? value.split(',').map((name) => name.trim()) : ['']
  const types = kinds.filter((kind) => names.includes(kind))
  if (names.every((name) => types.some((type) => type === name))) return types
  throw invalid(
    'Wrong \'type\' parameter value. Valid values are one of ["master", "default", "regular"]',
  )
}

function invalid(message: string): AccessError {
  return new AccessError('invalid_parameter', { message })
}
