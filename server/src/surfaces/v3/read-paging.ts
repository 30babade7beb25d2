import { AccessError } from '../../errors.ts'

const defaultPageSize = 200
const maxPageSize = 1_000
const maxPage = 1_000_000

/** Reads `page`, from 1, and `pageSize`. Throws invalid_parameter. */
export function readPaging(query: Readonly<Record<string, unknown>>): {
  readonly page: number
  readonly pageSize: number
} {
  return {
    page: readCount(query, 'page', 1, maxPage),
    pageSize: readCount(query, 'pageSize', defaultPageSize, maxPageSize),
  }
}

function readCount(
  query: Readonly<Record<string, unknown>>,
  name: string,
  otherwise: number,
  max: number,
): number {
  const value = query[name]
  if (value === undefined || value === '') return otherwise
  const count = typeof value === 'string' && /^\d{1,7}$/.test(value) ? Number(value) : 0
  if (count >= 1 && count <= max) return count
  throw new AccessError('invalid_parameter', {
    message: `The parameter "${name}" must be a whole number from 1 to ${max}.`,
  })
}
