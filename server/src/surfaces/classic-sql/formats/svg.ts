import { createPieces } from '../../../warehouse/pieces.ts'
import { readValues } from '../../../warehouse/read-values.ts'
import { derivedTable } from '../derived-table.ts'
import type { Document, FormatParameters, StreamFormat } from '../format.ts'

const width = 1024
const height = 768

/** Shapes without style, as large as fits into the box, and in its middle. */
export const svg: StreamFormat = {
  kind: 'stream',
  contentType: 'image/svg+xml; charset=utf-8',
  extension: 'svg',
  select: selectShapes,
  createDocument,
}

/**
 * PostGIS puts every geometry into the box: `k` is what fits, 1 where there is but one point. It
 * turns the y axis upside down by itself.
 */
function selectShapes(select: string, { decimalPlaces }: FormatParameters): string {
  const minus = 'operator(pg_catalog.-)'
  const over = 'operator(pg_catalog./)'
  return `with _postern_part as materialized (
  select (postgis.st_dump("the_geom"::postgis.geometry)).geom as part
  from ${derivedTable(select)}
), _postern_box as (
  select postgis.st_xmin(box) as x, postgis.st_ymax(box) as y,
         postgis.st_xmax(box) ${minus} postgis.st_xmin(box) as w,
         postgis.st_ymax(box) ${minus} postgis.st_ymin(box) as h
  from (select postgis.st_extent(part) as box from _postern_part) as _postern_extent
), _postern_scale as (
  select x, y, w, h,
         coalesce(
           least(${width}::float8 ${over} nullif(w, 0), ${height}::float8 ${over} nullif(h, 0)),
           1
         ) as k
  from _postern_box
)
select postgis.st_assvg(
         postgis.st_transscale(
           part,
           ((${width}::float8 ${over} k) ${minus} w) ${over} 2::float8 ${minus} x,
           (h ${minus} (${height}::float8 ${over} k)) ${over} 2::float8 ${minus} y,
           k, k
         ), 0, ${decimalPlaces}
       ),
       postgis.st_dimension(part)
from _postern_part, _postern_scale
where not postgis.st_isempty(part)`
}

const head = `<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<g fill="none" stroke="black">
`

function createDocument(): Document {
  const pieces = createPieces()
  pieces.add(head)
  return {
    columns() {},
    row(buffer, offset, columnCount) {
      const [shape = '', dimension] = readValues(buffer, offset, columnCount)
      pieces.add(dimension === '0' ? `<circle r="5" ${shape}/>\n` : `<path d="${shape}"/>\n`)
    },
    length: () => pieces.length(),
    take: () => pieces.take(),
    end() {
      pieces.add('</g>\n</svg>\n')
    },
  }
}
