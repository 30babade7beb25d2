/** Where the rows of a table lie: west, south, east, north. */
export type Bounds = readonly [west: number, south: number, east: number, north: number]

/**
 * Whether a map can show where these are. A geometry column without a reference system is taken for
 * degrees, and may hold anything.
 */
export function isInDegrees([west, south, east, north]: Bounds): boolean {
  return (
    [south, north].every((latitude) => Math.abs(latitude) <= 90) &&
    [west, east].every((longitude) => Math.abs(longitude) <= 360)
  )
}
