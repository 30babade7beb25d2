import { AccessError } from '../errors.ts'
import type { Column } from '../sources/column.ts'
import { compileFilters } from '../sources/compile-filters.ts'
import type { Source } from '../sources/open-source.ts'
import { sourceAlias } from '../sources/print-expression.ts'
import { createSqlParameters } from '../sources/sql-parameters.ts'
import { type IndexScheme, resolutionSql } from '../tiles/spatial-index.ts'
import { createJsonRows } from '../warehouse/json-rows.ts'
import { readJson } from '../warehouse/read-value.ts'
import type { Session } from '../warehouse/session.ts'
import type { TypeCatalogue } from '../warehouse/type-catalogue.ts'
import { v3Encodings } from '../warehouse/v3-encodings.ts'
import type { CoverMode } from './cover-polygons.ts'
import { compileFeatureIds } from './feature-filter.ts'
import { findGeometryColumn, findPlaceColumn } from './geometry-column.ts'
import type { ModelStatement, Scope } from './model.ts'
import { type ModelName, models } from './models.ts'
import { compileSpatialFilters } from './spatial-filter.ts'

/** What of a source is asked about. */
export type Selection = {
  readonly filters: unknown
  readonly filtersLogicalOperator: unknown
  readonly spatialFilters: unknown
  readonly spatialDataColumn: string | undefined
  /** Undefined: geometries. */
  readonly scheme: IndexScheme | undefined
  readonly coverMode: CoverMode
}

/** How answers are written, and how large they may be. */
export type Writing = { readonly types: TypeCatalogue; readonly maxBytes: number }

/**
 * Asks one model of an open source, on the session that it was opened in. Returns the answer as JSON
 * text: `{"rows": [...], "metadata": {...}}`. Throws invalid_parameter, column_not_found,
 * bytes_limit_exceeded and WarehouseError.
 */
export async function answerModel(
  session: Session,
  source: Source,
  question: Selection & { readonly model: ModelName; readonly params: Record<string, unknown> },
  writing: Writing,
): Promise<string> {
  const { model, params, spatialDataColumn } = question
  const geometry = findGeometryColumn(source.columns, spatialDataColumn)
  const { postgisSchema, columns, hasUnicodeCollation } = source
  const request = { params, columns, postgisSchema, hasUnicodeCollation, geometry }
  const plan = models[model](request)
  const selected = await compileSelection(session, source, question, {
    params: model === 'pick' ? {} : params,
    geometry,
  })
  const ask = (statement: ModelStatement) => readRows(session, selected, statement, writing)
  const rows = await ask(plan.rows)
  const { metadata } = plan
  if (metadata === undefined) return `{"rows":[${rows}]}`
  const about =
    typeof metadata === 'function' ? await ask(metadata) : JSON.stringify(metadata.known)
  return `{"rows":[${rows}],"metadata":${about}}`
}

/** A source with conditions on its rows; the values are those of the source and of the conditions. */
export type Selected = Pick<Scope, 'from' | 'where'> & {
  readonly values: readonly (string | null)[]
}

/** Compiles what leaves the rows that are asked about. */
export async function compileSelection(
  session: Session,
  source: Source,
  selection: Selection,
  features: { readonly params: Record<string, unknown>; readonly geometry: Column | undefined },
): Promise<Selected> {
  const { columns, postgisSchema } = source
  const from = `${source.from} AS ${sourceAlias}`
  const filters = compileFilters(selection.filters, {
    logicalOperator: selection.filtersLogicalOperator,
    columns,
    firstParameter: source.values.length + 1,
  })
  let values = [...source.values, ...filters.values]
  const spatial = await compileSpatialFilters(
    {
      filters: selection.spatialFilters,
      scheme: selection.scheme,
      mode: selection.coverMode,
      columns,
      postgisSchema,
      geometryNamed: (name) => findPlaceColumn(columns, name),
      resolutionOf: (scheme, cell) =>
        readJson<number>(session, {
          text: `SELECT ${resolutionSql(scheme, cell)}::pg_catalog.text FROM ${from} WHERE ${cell} IS NOT NULL LIMIT 1`,
          values: source.values,
        }),
    },
    values.length + 1,
  )
  values = [...values, ...spatial.values]
  const ids = compileFeatureIds({ ...features, postgisSchema }, values.length + 1)
  return {
    from,
    where: [filters, spatial, ids].map(({ sql }) => sql).join(' AND '),
    values: [...values, ...ids.values],
  }
}

/** The rows of a statement as JSON objects, with commas between them. */
export async function readRows(
  session: Session,
  { from, where, values }: Selected,
  statement: ModelStatement,
  { types, maxBytes }: Writing,
): Promise<string> {
  const parameters = createSqlParameters(values.length + 1)
  const text = statement({ from, where, parameters })
  let rows = createJsonRows([], types)
  await session.run(
    { text, values: [...values, ...parameters.values] },
    {
      columns: (columns) => {
        rows = createJsonRows(columns, types, { encodings: v3Encodings })
      },
      row: (buffer, offset, columnCount) => {
        rows.row(buffer, offset, columnCount)
        if (rows.length() > maxBytes) {
          throw new AccessError('bytes_limit_exceeded', {
            message: `The answer is larger than ${maxBytes} bytes. Ask for less.`,
          })
        }
      },
    },
  )
  await session.settled()
  return rows.take().toString()
}
