/** A geometry as other programs read it. */
export type IsoWkb = {
  readonly wkb: Buffer
  /** 1 to 17, plus 1000 with Z, 2000 with M, 3000 with both. */
  readonly type: number
  readonly srid: number | undefined
}

const flags = { z: 0x80000000, m: 0x40000000, srid: 0x20000000 }
const baseType = 0x1fffffff

const point = 1
const lineStrings = new Set([2, 8])
/** Lists of rings: polygon, triangle. */
const polygons = new Set([3, 17])

/**
 * Turns PostGIS's extended WKB into that of ISO 13249-3: the SRID is taken out, and Z and M are told
 * by the number of the type instead of by flags. Throws RangeError when the bytes end too early.
 */
export function isoWkb(ewkb: Buffer): IsoWkb {
  const wkb = Buffer.from(ewkb)
  const { type, srid } = rewriteAt(wkb, 0)
  if (srid === undefined) return { wkb, type, srid }
  // The SRID stands behind the byte order and the type of the outermost geometry only.
  wkb.copy(wkb, sridBytes, 0, sridAt)
  return { wkb: wkb.subarray(sridBytes), type, srid }
}

const sridAt = 5
const sridBytes = 4

/** Rewrites the type of the geometry at `start` and of all in it; returns where it ends. */
function rewriteAt(
  wkb: Buffer,
  start: number,
): { readonly end: number; readonly type: number; readonly srid: number | undefined } {
  const isLittle = wkb.readUInt8(start) === 1
  const readCount = (at: number) => (isLittle ? wkb.readUInt32LE(at) : wkb.readUInt32BE(at))
  const written = readCount(start + 1)
  const hasZ = (written & flags.z) !== 0
  const hasM = (written & flags.m) !== 0
  const kind = written & baseType
  const type = kind + (hasZ ? 1000 : 0) + (hasM ? 2000 : 0)
  if (isLittle) wkb.writeUInt32LE(type, start + 1)
  else wkb.writeUInt32BE(type, start + 1)

  const hasSrid = (written & flags.srid) !== 0
  const srid = hasSrid ? readCount(start + sridAt) : undefined
  const coordinateBytes = 8 * (2 + Number(hasZ) + Number(hasM))
  let end = start + sridAt + (hasSrid ? sridBytes : 0)
  if (kind === point) return { end: end + coordinateBytes, type, srid }

  const count = readCount(end)
  end += 4
  if (lineStrings.has(kind)) return { end: end + count * coordinateBytes, type, srid }
  for (let index = 0; index < count; index += 1) {
    end = polygons.has(kind) ? end + 4 + readCount(end) * coordinateBytes : rewriteAt(wkb, end).end
  }
  return { end, type, srid }
}
