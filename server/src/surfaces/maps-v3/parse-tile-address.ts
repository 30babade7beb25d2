import { AccessError } from '../../errors.ts'
import type { TileAddress } from '../../tiles/tile-sql.ts'

export const maxZoom = 30

/** Reads z, x and y of a tile URL. Throws invalid_parameter for what is no tile of the XYZ scheme. */
export function parseTileAddress(parameters: Record<string, string>): TileAddress {
  const z = coordinate(parameters.z, maxZoom, 'zoom')
  const last = 2 ** z - 1
  return { z, x: coordinate(parameters.x, last, 'x'), y: coordinate(parameters.y, last, 'y') }
}

function coordinate(text: string | undefined, max: number, name: string): number {
  const value = /^\d{1,10}$/.test(text ?? '') ? Number(text) : Number.NaN
  if (value <= max) return value
  throw new AccessError('invalid_parameter', {
    message: `Invalid tile coordinates: ${name} must be a whole number from 0 to ${max}`,
  })
}
