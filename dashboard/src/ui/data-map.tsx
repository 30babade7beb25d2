import { lazy, Suspense } from 'react'
import styles from './data-map.module.css'
import type { MapCanvasProps } from './map-canvas.tsx'
import { Skeleton } from './skeleton.tsx'

const MapCanvas = lazy(async () => ({ default: (await import('./map-canvas.tsx')).MapCanvas }))

/**
 * Vector tiles of ours on plain ground: no basemap, because the pages load nothing from elsewhere.
 * The library that draws is loaded when a map is first shown, into a place of the same size.
 *
 * - `label`: what the map shows, for whoever cannot see it: "Map of public.capitals".
 * - `tiles`: address with `{z}`, `{x}` and `{y}`, absolute or from the root of this server; what is
 *   put into it otherwise must be encoded. Its layer is called `default`.
 * - `headers`: sent with each tile, such as the Authorization of the credential that is tried, which the
 *   server takes before any cookie.
 * - `bounds`: west, south, east, north in degrees that are to be in sight first; absent or null: the world.
 *
 * Its root has `data-state`: `loading`, `drawn` (all there is to see is drawn) or `failed`. A feature that is
 * clicked is described under the map. Give it another `key` to start anew.
 */
export function DataMap(props: MapCanvasProps) {
  return (
    <Suspense
      fallback={
        <div className={styles.frame}>
          <Skeleton lines={1} height="100%" />
        </div>
      }
    >
      <MapCanvas {...props} />
    </Suspense>
  )
}
