import type { Dataset } from '../../commands/list-datasets.ts'
import { AccessError } from '../../errors.ts'

/** Which datasets are asked for, in which order, and which page of them. */
export type DatasetQuery = {
  readonly isMeant: (dataset: Dataset) => boolean
  readonly compare: (one: Dataset, other: Dataset) => number
  readonly page: number
  readonly perPage: number
}

type Parameters = Readonly<Record<string, unknown>>

/** Kinds of visualization that the original has; here there are tables. */
const types = ['table', 'derived', 'slide', 'remote', 'kuviz', 'app']

const byName = (one: Dataset, other: Dataset) => compareText(one.name, other.name)
const byUpdate = (one: Dataset, other: Dataset) =>
  one.updatedAt.getTime() - other.updatedAt.getTime()

const orders: Readonly<Record<string, (one: Dataset, other: Dataset) => number>> = {
  name: byName,
  updated_at: byUpdate,
  created_at: (one, other) => one.createdAt.getTime() - other.createdAt.getTime(),
  size: (one, other) => one.bytes - other.bytes,
  estimated_row_count: (one, other) => (one.rowEstimate ?? 0) - (other.rowEstimate ?? 0),
  privacy: (one, other) => compareText(one.privacy, other.privacy),
  // Alike for all: nobody counts them here.
  mapviews: () => 0,
  likes: () => 0,
  favorited: () => 0,
  dependent_visualizations: () => 0,
}

/**
 * Reads the parameters of the lists of datasets; throws invalid_parameter. Every order ends with the
 * name and the id, so that pages neither repeat nor leave out.
 */
export function readDatasetQuery(query: Parameters): DatasetQuery {
  const filters = [
    readTypes(query),
    readText(query, 'q', (text) => {
      const sought = text.toLowerCase()
      return ({ name, description }) =>
        name.toLowerCase().includes(sought) ||
        (description?.toLowerCase().includes(sought) ?? false)
    }),
    readText(
      query,
      'name',
      (text) =>
        ({ name }) =>
          name === text,
    ),
    readText(query, 'privacy', (text) => {
      const asked = text.split(',').map((one) => one.trim().toUpperCase())
      return ({ privacy }) => asked.includes(privacy)
    }),
    readText(query, 'tags', (text) => {
      const asked = text.split(',').map((one) => one.trim())
      return ({ tags }) => asked.some((tag) => tags.includes(tag))
    }),
    readText(
      query,
      'locked',
      (text) =>
        ({ locked }) =>
          locked === isYes('locked', text),
    ),
    // Nothing is shared between accounts, and nothing is liked.
    readText(query, 'shared', (text) => () => text !== 'only'),
    readText(query, 'only_liked', (text) => () => !isYes('only_liked', text)),
    readText(query, 'only_shared', (text) => () => !isYes('only_shared', text)),
  ]
  return {
    isMeant: (dataset) => filters.every((isMeant) => isMeant(dataset)),
    compare: readOrder(query),
    page: readPositive(query, 'page', 1),
    perPage: readPositive(query, 'per_page', 20),
  }
}

/** What a query means of all datasets: how many there are, and one page of them. */
export function selectPage(
  datasets: readonly Dataset[],
  query: DatasetQuery,
): { total: number; page: Dataset[] } {
  const meant = datasets.filter(query.isMeant).sort(query.compare)
  const start = (query.page - 1) * query.perPage
  return { total: meant.length, page: meant.slice(start, start + query.perPage) }
}

function readTypes(query: Parameters): DatasetQuery['isMeant'] {
  const asked = [query.type, query.types].flatMap((value) =>
    typeof value === 'string' && value !== '' ? value.split(',').map((type) => type.trim()) : [],
  )
  if (asked.some((type) => !types.includes(type))) throw wrong('types', types)
  const includesTables = asked.length === 0 || asked.includes('table')
  return () => includesTables
}

function readText(
  query: Parameters,
  name: string,
  filter: (text: string) => DatasetQuery['isMeant'],
): DatasetQuery['isMeant'] {
  const value = query[name]
  if (value === undefined || value === '') return () => true
  if (typeof value !== 'string') throw wrong(name)
  return filter(value)
}

function isYes(name: string, text: string): boolean {
  const value = text.toLowerCase()
  if (!['true', 'false', '1', '0'].includes(value)) throw wrong(name, ['true', 'false'])
  return value === 'true' || value === '1'
}

function readOrder(query: Parameters): DatasetQuery['compare'] {
  const { order = 'updated_at', order_direction: direction } = query
  const first =
    typeof order === 'string' && Object.hasOwn(orders, order) ? orders[order] : undefined
  if (first === undefined) throw wrong('order', Object.keys(orders))
  if (direction !== undefined && direction !== 'asc' && direction !== 'desc') {
    throw wrong('order_direction', ['asc', 'desc'])
  }
  const sign = (direction ?? (order === 'name' ? 'asc' : 'desc')) === 'asc' ? 1 : -1
  return (one, other) =>
    sign * first(one, other) || byName(one, other) || compareText(one.id, other.id)
}

/** A page number or size; throws the contract's sentence. */
export function readPositive(query: Parameters, name: string, fallback: number): number {
  const value = query[name]
  if (value === undefined) return fallback
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : 0
  if (number > 0) return number
  throw wrong(name)
}

export function wrong(name: string, valid?: readonly string[]): AccessError {
  const list = valid?.map((value) => `:${value}`).join(', ')
  return new AccessError('invalid_parameter', {
    message: `Wrong '${name}' parameter value.${list === undefined ? '' : ` Valid values are one of [${list}]`}`,
  })
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
