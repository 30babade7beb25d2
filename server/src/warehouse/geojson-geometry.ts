const flags = { z: 0x80000000, m: 0x40000000, srid: 0x20000000 }
const baseType = 0x1fffffff

/** By the number that WKB has for them; the others GeoJSON does not have. */
const names = [
  undefined,
  'Point',
  'LineString',
  'Polygon',
  'MultiPoint',
  'MultiLineString',
  'MultiPolygon',
  'GeometryCollection',
] as const

type Name = Exclude<(typeof names)[number], undefined>

/** Coordinates are in this one, unless the geometry says otherwise. */
const wgs84 = 4326
/** PostGIS nests collections no deeper. */
const maxDepth = 200
/** Nine digits behind the point, as ST_AsGeoJSON gives; on the ground a tenth of a millimetre. */
const scale = 1e9
/** Larger numbers have no nine digits behind the point to round. */
const maxScaled = Number.MAX_SAFE_INTEGER / scale

class NotGeojsonError extends Error {}

/**
 * PostGIS's extended WKB as GeoJSON text, as ST_AsGeoJSON writes it: the coordinates as they are, a
 * `crs` where they are not in WGS 84, and without M. Undefined for curves, surfaces and triangles,
 * which GeoJSON does not have, and for what is not EWKB.
 */
export function geojsonGeometry(ewkb: Buffer): string | undefined {
  let at = 0
  let isLittle = true

  function readCount(): number {
    at += 4
    return isLittle ? ewkb.readUInt32LE(at - 4) : ewkb.readUInt32BE(at - 4)
  }

  function readNumber(): number {
    at += 8
    return isLittle ? ewkb.readDoubleLE(at - 8) : ewkb.readDoubleBE(at - 8)
  }

  function readPosition(hasZ: boolean, hasM: boolean): string {
    const x = readNumber()
    const y = readNumber()
    const z = hasZ ? readNumber() : undefined
    if (hasM) at += 8
    // A point that is empty is written as one that is nowhere.
    if (Number.isNaN(x) && Number.isNaN(y)) return '[]'
    const flat = `[${decimal(x)},${decimal(y)}`
    return z === undefined ? `${flat}]` : `${flat},${decimal(z)}]`
  }

  function readList(readItem: () => string): string {
    const items: string[] = []
    for (let left = readCount(); left > 0; left -= 1) items.push(readItem())
    return `[${items.join(',')}]`
  }

  function readHeader(): { name: Name; hasZ: boolean; hasM: boolean; srid: number } {
    isLittle = ewkb.readUInt8(at) === 1
    at += 1
    const written = readCount()
    const name = names[written & baseType]
    if (name === undefined) throw new NotGeojsonError()
    return {
      name,
      hasZ: (written & flags.z) !== 0,
      hasM: (written & flags.m) !== 0,
      srid: (written & flags.srid) === 0 ? wgs84 : readCount(),
    }
  }

  /** What a geometry consists of; of a part of another one it is all there is to say. */
  function readParts(depth: number, { name, hasZ, hasM }: ReturnType<typeof readHeader>): string {
    if (depth > maxDepth) throw new NotGeojsonError()
    const readPoint = () => readPosition(hasZ, hasM)
    switch (name) {
      case 'Point':
        return readPoint()
      case 'LineString':
        return readList(readPoint)
      case 'Polygon':
        return readList(() => readList(readPoint))
      case 'GeometryCollection':
        return readList(() => readGeometry(depth + 1))
      default:
        return readList(() => readParts(depth + 1, readHeader()))
    }
  }

  function readGeometry(depth: number): string {
    const header = readHeader()
    const { name, srid } = header
    const crs =
      depth > 0 || srid === wgs84
        ? ''
        : `"crs":{"type":"name","properties":{"name":"EPSG:${srid}"}},`
    const member = name === 'GeometryCollection' ? 'geometries' : 'coordinates'
    return `{"type":"${name}",${crs}"${member}":${readParts(depth, header)}}`
  }

  try {
    return readGeometry(0)
  } catch (error) {
    // RangeError: the bytes end too early.
    if (error instanceof NotGeojsonError || error instanceof RangeError) return undefined
    throw error
  }
}

function decimal(value: number): string {
  if (Math.abs(value) < maxScaled) return String(Math.round(value * scale) / scale)
  return Number.isFinite(value) ? String(value) : 'null'
}
