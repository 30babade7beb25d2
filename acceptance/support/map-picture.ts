import { PNG } from 'pngjs'

type Colour = readonly [red: number, green: number, blue: number]

/** What a map shows, in web mercator with 512 pixels around the world at zoom 0. */
export type MapView = {
  readonly longitude: number
  readonly latitude: number
  readonly zoom: number
  readonly width: number
  readonly height: number
}

/** A circle that has to be on the map. Where two overlap, that of the later layer is seen. */
export type Dot = {
  readonly name: string
  readonly longitude: number
  readonly latitude: number
  readonly layer: { readonly colour: Colour; readonly radiusPixels: number }
}

/** Where on a picture of the view a place is, in pixels from its top left corner. */
export function placeOnPicture(
  view: MapView,
  place: Pick<Dot, 'longitude' | 'latitude'>,
): { readonly x: number; readonly y: number; readonly isVisible: boolean } {
  const world = 512 * 2 ** view.zoom
  const north = ({ latitude }: Pick<Dot, 'latitude'>) =>
    Math.log(Math.tan(Math.PI / 4 + (latitude * Math.PI) / 360)) / (2 * Math.PI)
  const x = view.width / 2 + ((place.longitude - view.longitude) / 360) * world
  const y = view.height / 2 + (north(view) - north(place)) * world
  return { x, y, isVisible: x >= 0 && y >= 0 && x <= view.width && y <= view.height }
}

/**
 * Compares a PNG of the view with what has to be on it: the names of dots whose middle has not the
 * colour of their layer, nor that of one drawn over it, and how many pixels outside all dots are
 * not bare ground. The dots are in the order of their layers.
 */
export function compareWithPicture(
  png: Buffer,
  view: MapView,
  ground: Colour,
  dots: readonly Dot[],
): { readonly missing: readonly string[]; readonly strayPixels: number } {
  const picture = PNG.sync.read(png)
  if (picture.width !== view.width || picture.height !== view.height) {
    throw new Error(`The picture has ${picture.width} x ${picture.height} pixels.`)
  }
  const hasColour = (x: number, y: number, colour: Colour) => {
    const at = (y * picture.width + x) * 4
    return colour.every((value, channel) => Math.abs(value - (picture.data[at + channel] ?? 0)) < 8)
  }
  const placed = dots.map((dot) => ({ ...dot, ...placeOnPicture(view, dot) }))
  const covers = (dot: (typeof placed)[number], x: number, y: number, margin: number) =>
    Math.hypot(dot.x - x, dot.y - y) <= dot.layer.radiusPixels + margin

  const missing = placed.flatMap(({ name, x, y, isVisible }, index) => {
    // On the very edge the browser's rounding decides.
    const [column, row] = [Math.floor(x), Math.floor(y)]
    if (!isVisible || column >= view.width || row >= view.height) return []
    const seen = placed.slice(index).filter((dot) => covers(dot, x, y, 1))
    return seen.some(({ layer }) => hasColour(column, row, layer.colour)) ? [] : [name]
  })
  let strayPixels = 0
  for (let y = 0; y < picture.height; y += 1) {
    for (let x = 0; x < picture.width; x += 1) {
      if (hasColour(x, y, ground)) continue
      if (!placed.some((dot) => covers(dot, x + 0.5, y + 0.5, 1.5))) strayPixels += 1
    }
  }
  return { missing, strayPixels }
}
