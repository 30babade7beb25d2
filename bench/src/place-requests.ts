import { manyRows } from './profile.ts'
import { seededIntegers } from './seeded-random.ts'
import type { Setting } from './setting.ts'

/** More than a server could remember the answers of without anybody noticing. */
const differentRequests = 20_000

export const placeColumns = 'id,name,n,ts'

/** Ids of places, for requests of one row each. */
export function drawIds({ profile }: Setting): number[] {
  return seededIntegers(1, differentRequests, { first: 1, last: profile.rows.places })
}

/** The first ids of ranges of `manyRows` places. */
export function drawRanges({ profile }: Setting): number[] {
  return seededIntegers(2, differentRequests, { first: 1, last: profile.rows.places - manyRows })
}

export const selectOne = (id: number) => `select ${placeColumns} from places where id = ${id}`

export const selectRange = (first: number) =>
  `select ${placeColumns} from places where id >= ${first} and id < ${first + manyRows} order by id`
