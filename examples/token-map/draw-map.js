import {
  createViewportSpatialFilter,
  vectorQuerySource,
  vectorTableSource,
} from '@carto/api-client'
import { VectorTileLayer } from '@deck.gl/carto'
import { MapboxOverlay } from '@deck.gl/mapbox'
import mvtWorkerUrl from '@loaders.gl/mvt/mvt-worker.js?url'
import * as maplibregl from 'maplibre-gl'
import maplibreWorkerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url'
import 'maplibre-gl/dist/maplibre-gl.css'

// { "apiBaseUrl": "http://127.0.0.1:8080", "accessToken": "..." }
const settings = await (await fetch('settings.json')).json()

const connection = { ...settings, connectionName: 'default', spatialDataColumn: 'the_geom' }

/** What the token is granted: this table, and this query with any day in the place of $1. */
const sources = Promise.all([
  vectorTableSource({ ...connection, tableName: 'public.capitals' }),
  vectorQuerySource({
    ...connection,
    sqlQuery: 'SELECT cartodb_id, the_geom, visited_on FROM surveys WHERE visited_on >= $1',
    queryParameters: ['2025-06-01'],
  }),
])

maplibregl.setWorkerUrl(maplibreWorkerUrl)
const map = new maplibregl.Map({
  container: 'map',
  // No tiles of anybody else's: a plain ground to draw on.
  style: {
    version: 8,
    sources: {},
    layers: [{ id: 'ground', type: 'background', paint: { 'background-color': '#f2efe9' } }],
  },
  center: [15, 30],
  zoom: 2,
  renderWorldCopies: false,
  attributionControl: false,
})

const element = (id) => document.getElementById(id)
const showProblem = (error) => {
  // What the server said, or that nothing came of it.
  element('problem').textContent = error.responseJson?.error ?? error.message
}

const points = {
  pointRadiusUnits: 'pixels',
  stroked: false,
  // Without this the program that reads tiles is loaded from a public CDN.
  loadOptions: { mvt: { workerUrl: mvtWorkerUrl } },
  onTileError: showProblem,
}

function drawLayers([capitals, surveys]) {
  const layers = [
    new VectorTileLayer({
      ...points,
      id: 'capitals',
      data: capitals,
      getFillColor: [33, 102, 172],
      getPointRadius: 4,
    }),
    new VectorTileLayer({
      ...points,
      id: 'surveys',
      data: surveys,
      getFillColor: [214, 96, 32],
      getPointRadius: 7,
    }),
  ]
  map.addControl(new MapboxOverlay({ layers, onError: showProblem }))
}

async function fillWidgets([capitals, surveys]) {
  const [west, south, east, north] = map.getBounds().toArray().flat()
  const spatialFilter = createViewportSpatialFilter([west, south, east, north])
  const [population, visits] = await Promise.all([
    capitals.widgetSource.getFormula({ operation: 'sum', column: 'population', spatialFilter }),
    surveys.widgetSource.getFormula({ operation: 'count', column: 'visited_on', spatialFilter }),
  ])
  element('population').textContent = population.value.toLocaleString('en')
  element('visits').textContent = visits.value.toLocaleString('en')
}

try {
  const granted = await sources
  drawLayers(granted)
  const refreshWidgets = () => fillWidgets(granted).catch(showProblem)
  map.on('moveend', refreshWidgets)
  await refreshWidgets()
} catch (error) {
  showProblem(error)
}
