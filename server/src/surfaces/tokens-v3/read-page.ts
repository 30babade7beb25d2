import { AccessError } from '../../errors.ts'

const defaultPageSize = 100
const maxPageSize = 1_000
const maxPage = 1_000_000

/** Reads `page`, from 1, and `pageSize`. Throws invalid_parameter. */
export function readPage(query: unknown): { limit: number; offset: number } {
  const given = (query ?? {}) as Record<string, unknown>
  const page = readWhole(given, 'page', 1, maxPage)
  const limit = readWhole(given, 'pageSize', defaultPageSize, maxPageSize)
  return { limit, offset: (page - 1) * limit }
}

function readWhole(
  given: Record<string, unknown>,
  name: string,
  fallback: number,
  maximum: number,
): number {
  const value = given[name]
  if (value === undefined || value === '') return fallback
  const number = typeof value === 'string' && /^\d{1,7}$/.test(value) ? Number(value) : 0
  if (number >= 1 && number <= maximum) return number
  throw new AccessError('invalid_parameter', {
    message: `The parameter "${name}" must be a whole number from 1 to ${maximum}.`,
  })
}
