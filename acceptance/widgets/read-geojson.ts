import type { Geometry, Kind, Value, WidgetColumn, WidgetData } from './widget-data.ts'

type Feature = {
  readonly properties: Readonly<Record<string, unknown>> | null
  readonly geometry: Geometry | null
}

/** Columns of GeoJSON that hold one kind of value, or null. Others, objects for one, are left out. */
export function readGeojson(table: string, text: string): WidgetData {
  const { features } = JSON.parse(text) as { features: readonly Feature[] }
  const names = [...new Set(features.flatMap(({ properties }) => Object.keys(properties ?? {})))]
  const columns = names.flatMap((column): WidgetColumn[] => {
    const values = features.map(({ properties }) => properties?.[column] ?? null)
    const kind = kindOf(values)
    return kind === undefined ? [] : [{ name: column, kind }]
  })
  return {
    table,
    columns,
    rows: features.map(({ properties }) =>
      Object.fromEntries(columns.map(({ name }) => [name, (properties?.[name] ?? null) as Value])),
    ),
    geometries: features.map(({ geometry }) => geometry),
  }
}

const instant = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/

function kindOf(values: readonly unknown[]): Kind | undefined {
  const given = values.filter((value) => value !== null)
  if (given.length === 0) return undefined
  if (given.every((value) => typeof value === 'number')) return 'number'
  if (given.every((value) => typeof value === 'boolean')) return 'boolean'
  if (!given.every((value) => typeof value === 'string')) return undefined
  return given.every((value) => instant.test(value)) ? 'time' : 'text'
}
