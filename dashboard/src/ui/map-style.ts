import type { StyleSpecification } from 'maplibre-gl'

export type MapColours = {
  readonly ground: string
  readonly line: string
  readonly fill: string
  readonly edge: string
}

const tileSource = 'data'
/** Layers of what the tiles hold, from the bottom to the top. */
export const dataLayers = ['areas', 'edges', 'lines', 'points'] as const

/** What a map looks like: meridians and parallels, and whatever the tiles hold upon them. */
export function mapStyle(tiles: string, colours: MapColours): StyleSpecification {
  const data = { source: tileSource, 'source-layer': 'default' } as const
  const { ground, line, fill, edge } = colours
  return {
    version: 8,
    sources: {
      graticule: { type: 'geojson', data: graticule(30) },
      [tileSource]: { type: 'vector', tiles: [tiles], maxzoom: 18 },
    },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': ground } },
      {
        id: 'graticule',
        type: 'line',
        source: 'graticule',
        paint: { 'line-color': line, 'line-width': 1 },
      },
      {
        id: 'areas',
        type: 'fill',
        ...data,
        filter: ['==', ['geometry-type'], 'Polygon'],
        paint: { 'fill-color': fill, 'fill-opacity': 0.35 },
      },
      {
        id: 'edges',
        type: 'line',
        ...data,
        filter: ['==', ['geometry-type'], 'Polygon'],
        paint: { 'line-color': fill, 'line-width': 1 },
      },
      {
        id: 'lines',
        type: 'line',
        ...data,
        filter: ['==', ['geometry-type'], 'LineString'],
        paint: { 'line-color': fill, 'line-width': 2 },
      },
      {
        id: 'points',
        type: 'circle',
        ...data,
        filter: ['==', ['geometry-type'], 'Point'],
        paint: {
          'circle-color': fill,
          'circle-radius': ['interpolate', ['linear'], ['zoom'], 0, 3, 6, 5, 14, 8],
          'circle-stroke-color': edge,
          'circle-stroke-width': 1,
        },
      },
    ],
  }
}

/** Meridians and parallels, every so many degrees. */
function graticule(step: number) {
  const range = (end: number) =>
    Array.from({ length: (2 * end) / step + 1 }, (_, index) => index * step - end)
  return {
    type: 'MultiLineString' as const,
    coordinates: [
      ...range(180).map((longitude) => [
        [longitude, -85],
        [longitude, 85],
      ]),
      ...range(60).map((latitude) => [
        [-180, latitude],
        [180, latitude],
      ]),
    ],
  }
}
