/** What a layer of an export is made of, in GDAL's words. */
export type Layer = {
  readonly name: string
  readonly fields: readonly LayerField[]
  readonly geometry: LayerGeometry | undefined
}

export type LayerField = {
  readonly name: string
  /** Of the property in the file of rows. */
  readonly source: string
  readonly type: 'Integer' | 'Integer64' | 'Real' | 'String' | 'Date' | 'Time' | 'DateTime'
  readonly subtype?: 'Boolean' | 'Int16' | 'Float32'
}

export type LayerGeometry = {
  readonly name: string
  readonly source: string
  /** Such as wkbPoint; undefined: several, or none was seen. */
  readonly type: string | undefined
  readonly srid: number | undefined
}

/**
 * Describes a file of rows as GDAL's virtual format: which property is the geometry, and of what
 * type every other one is. Without it GDAL would guess from the values.
 * https://gdal.org/drivers/vector/vrt.html
 */
export function renderVrt(layer: Layer, file: string, fileLayer: string): string {
  const { name, geometry, fields } = layer
  return [
    '<OGRVRTDataSource>',
    `<OGRVRTLayer name="${escapeXml(name)}">`,
    `<SrcDataSource relativeToVRT="1">${escapeXml(file)}</SrcDataSource>`,
    `<SrcLayer>${escapeXml(fileLayer)}</SrcLayer>`,
    ...(geometry === undefined
      ? ['<GeometryType>wkbNone</GeometryType>']
      : geometryLines(geometry)),
    ...fields.map(
      ({ name: field, source, type, subtype }) =>
        `<Field name="${escapeXml(field)}" src="${source}" type="${type}"${
          subtype === undefined ? '' : ` subtype="${subtype}"`
        }/>`,
    ),
    '</OGRVRTLayer>',
    '</OGRVRTDataSource>',
    '',
  ].join('\n')
}

function geometryLines({ name, source, type, srid }: LayerGeometry): string[] {
  return [
    `<GeometryField name="${escapeXml(name)}" encoding="WKB" field="${source}">`,
    `<GeometryType>${type ?? 'wkbUnknown'}</GeometryType>`,
    ...(srid === undefined ? [] : [`<SRS>EPSG:${srid}</SRS>`]),
    '</GeometryField>',
  ]
}

/** What no XML can hold, such as control characters, becomes an underscore. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '_')
    .replace(/[&<>"'\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`)
}
