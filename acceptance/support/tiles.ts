import { type IncomingHttpHeaders, request } from 'node:http'
import { VectorTile, type VectorTileFeature, type VectorTileLayer } from '@mapbox/vector-tile'
import { PbfReader } from 'pbf'

/** An answer as it came over the wire: nothing is decompressed. */
export type WireAnswer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export function getWire(url: string, headers: Record<string, string> = {}): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks),
        }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

/** A tile's one layer; undefined for an empty tile. Throws when there is another. */
export function layerOf(body: Buffer): VectorTileLayer | undefined {
  const { layers } = new VectorTile(new PbfReader(body))
  const names = Object.keys(layers)
  if (names.some((name) => name !== 'default')) throw new Error(`Layers: ${names.join(', ')}`)
  return layers.default
}

export function featuresOf(body: Buffer): VectorTileFeature[] {
  const layer = layerOf(body)
  if (layer === undefined) return []
  return Array.from({ length: layer.length }, (_, index) => layer.feature(index))
}

/** Every coordinate of a feature, in units of the tile. */
export function pointsOf(feature: VectorTileFeature): { readonly x: number; readonly y: number }[] {
  return feature.loadGeometry().flat()
}

export type TileAddress = { readonly z: number; readonly x: number; readonly y: number }

/** Where a place lies: its tile, and the position in it from 0 to 4096. */
export function locate(
  longitude: number,
  latitude: number,
  z: number,
): TileAddress & { readonly column: number; readonly row: number } {
  const tiles = 2 ** z
  const radians = (latitude * Math.PI) / 180
  const east = ((longitude + 180) / 360) * tiles
  const south = ((1 - Math.asinh(Math.tan(radians)) / Math.PI) / 2) * tiles
  const x = Math.min(tiles - 1, Math.floor(east))
  const y = Math.min(tiles - 1, Math.floor(south))
  return { z, x, y, column: (east - x) * 4096, row: (south - y) * 4096 }
}

/** Every tile of a zoom level. */
export function tilesAt(z: number): TileAddress[] {
  const side = Array.from({ length: 2 ** z }, (_, index) => index)
  return side.flatMap((x) => side.map((y) => ({ z, x, y })))
}

/** The address of one tile, from the template of a TileJSON document. */
export function tileUrl(template: string, { z, x, y }: TileAddress): string {
  return template.replace('{z}', String(z)).replace('{x}', String(x)).replace('{y}', String(y))
}
