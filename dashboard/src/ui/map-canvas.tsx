import 'maplibre-gl/dist/maplibre-gl.css'
import * as maplibregl from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url'
import { useEffect, useRef, useState } from 'react'
import { Button } from './button.tsx'
import styles from './data-map.module.css'
import { Facts } from './facts.tsx'
import { dataLayers, type MapColours, mapStyle } from './map-style.ts'
import { Notice } from './notice.tsx'

maplibregl.setWorkerUrl(new URL(workerUrl, document.baseURI).href)

export type MapCanvasProps = {
  readonly label: string
  readonly tiles: string
  readonly headers?: Readonly<Record<string, string>>
  readonly bounds?: readonly [west: number, south: number, east: number, north: number] | null
}

type State = 'loading' | 'drawn' | 'failed'
type Feature = Readonly<Record<string, unknown>>

const world = [-170, -60, 170, 75] as const
/** What is all in one place is shown with some ground around it. */
const closestZoom = 12

/** See DataMap. */
export function MapCanvas({ label, tiles, headers, bounds }: MapCanvasProps) {
  const place = useRef<HTMLDivElement>(null)
  const map = useRef<maplibregl.Map>(undefined)
  const [state, setState] = useState<State>('loading')
  const [failure, setFailure] = useState<string>()
  const [feature, setFeature] = useState<Feature>()
  const theme = useTheme()
  const box = bounds ?? world
  const view = JSON.stringify(box)
  const sent = JSON.stringify(headers ?? null)

  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme's colours are read from the page.
  useEffect(() => {
    const container = place.current
    if (container === null) return
    setState('loading')
    setFailure(undefined)
    setFeature(undefined)
    const fail = (sentence: string) => {
      setState('failed')
      setFailure(sentence)
    }
    const options = {
      tiles,
      headers: JSON.parse(sent) as Record<string, string> | null,
      bounds: JSON.parse(view) as typeof world,
      label,
    }
    let made: maplibregl.Map | undefined
    // A map that is made before its place has a size is made for another size.
    const observer = new ResizeObserver(() => {
      if (made !== undefined || container.clientWidth === 0 || container.clientHeight === 0) return
      observer.disconnect()
      try {
        made = createMap(container, options)
      } catch {
        fail('This browser cannot draw maps: it has no WebGL 2.')
        return
      }
      map.current = made
      followMap(made, { setState, fail, setFeature })
    })
    observer.observe(container)
    return () => {
      observer.disconnect()
      made?.remove()
    }
  }, [tiles, sent, view, label, theme])

  return (
    <div className={styles.map} data-state={state}>
      <div className={styles.frame}>
        <div ref={place} className={styles.canvas} />
      </div>
      <div className={styles.foot}>
        <span role="status">
          {state === 'loading' && 'Drawing the map.'}
          {state === 'drawn' && 'Choose a feature to see its values.'}
        </span>
        <Button
          size="small"
          onClick={() => map.current?.fitBounds([...box], { padding: 32, maxZoom: closestZoom })}
        >
          Show everything
        </Button>
      </div>
      {failure !== undefined && (
        <Notice tone="danger" title="The map could not be drawn">
          <p>{failure}</p>
        </Notice>
      )}
      {feature !== undefined && (
        <div className={styles.feature} role="status">
          <Facts
            facts={Object.entries(feature).map(([name, value]) => ({ name, value: String(value) }))}
          />
        </div>
      )}
    </div>
  )
}

function followMap(
  map: maplibregl.Map,
  tell: {
    setState(state: State): void
    fail(sentence: string): void
    setFeature(feature: Feature | undefined): void
  },
): void {
  let hasFailed = false
  const at = (point: maplibregl.Point) =>
    map.queryRenderedFeatures(point, { layers: [...dataLayers] })
  map.on('error', ({ error }) => {
    hasFailed = true
    tell.fail(error.message)
  })
  map.on('idle', () => {
    if (!hasFailed) tell.setState('drawn')
  })
  map.on('movestart', () => {
    if (!hasFailed) tell.setState('loading')
  })
  map.on('click', ({ point }) => tell.setFeature(at(point)[0]?.properties))
  map.on('mousemove', ({ point }) => {
    map.getCanvas().style.cursor = at(point).length > 0 ? 'pointer' : ''
  })
}

function createMap(
  container: HTMLElement,
  options: {
    readonly tiles: string
    readonly headers: Readonly<Record<string, string>> | null
    readonly bounds: readonly [number, number, number, number]
    readonly label: string
  },
): maplibregl.Map {
  const { headers, bounds, label } = options
  // Not by URL, which would encode the braces.
  const tiles = options.tiles.startsWith('/')
    ? `${window.location.origin}${options.tiles}`
    : options.tiles
  const isTile = (url: string) => url.startsWith(tiles.slice(0, tiles.indexOf('{z}')))
  const map = new maplibregl.Map({
    container,
    style: mapStyle(tiles, readColours(container)),
    bounds: [...bounds],
    fitBoundsOptions: { padding: 32, maxZoom: closestZoom },
    attributionControl: false,
    renderWorldCopies: false,
    fadeDuration: 0,
    locale: { 'Map.Title': label },
    transformRequest: (url) => (headers !== null && isTile(url) ? { url, headers } : { url }),
  })
  map.addControl(new maplibregl.NavigationControl({ showCompass: false }), 'top-right')
  map.touchZoomRotate.disableRotation()
  map.dragRotate.disable()
  return map
}

/** The colours of the tokens as they are now: what a canvas draws does not know them. */
function readColours(container: HTMLElement): MapColours {
  const colourOf = (token: string) => {
    // A new one each time: where changes of colour are transitions, an old one would still have the last.
    const probe = container.ownerDocument.createElement('span')
    probe.style.color = `var(${token})`
    container.append(probe)
    const { color } = getComputedStyle(probe)
    probe.remove()
    return color
  }
  return {
    ground: colourOf('--sunken'),
    line: colourOf('--line'),
    fill: colourOf('--series-1'),
    edge: colourOf('--surface'),
  }
}

/** Changes when the page's colours do. */
function useTheme(): string {
  const [theme, setTheme] = useState(themeNow)
  useEffect(() => {
    const update = () => setTheme(themeNow())
    const observer = new MutationObserver(update)
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    const system = window.matchMedia('(prefers-color-scheme: dark)')
    system.addEventListener('change', update)
    return () => {
      observer.disconnect()
      system.removeEventListener('change', update)
    }
  }, [])
  return theme
}

function themeNow(): string {
  const system = window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
  return document.documentElement.dataset.theme ?? system
}
