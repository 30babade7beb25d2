import { beforeAll, describe, expect, test } from 'vitest'
import { loadStatementParser } from '../policy/statement-parser.ts'
import type { Column } from '../sources/column.ts'
import { createSqlParameters } from '../sources/sql-parameters.ts'
import type { ModelStatement } from './model.ts'
import { type ModelName, models } from './models.ts'

beforeAll(loadStatementParser)

const columns: Column[] = [
  { name: 'sold', typeOid: 23, typeName: 'int4', type: 'number' },
  { name: 'share', typeOid: 700, typeName: 'float4', type: 'number' },
  { name: 'kind"', typeOid: 25, typeName: 'text', type: 'string' },
  { name: 'day', typeOid: 1082, typeName: 'date', type: 'timestamp' },
  { name: 'props', typeOid: 3802, typeName: 'jsonb', type: 'object' },
  { name: 'geom', typeOid: 99_999, typeName: 'geometry', type: 'geometry', srid: 4326 },
]

function plan(model: ModelName, params: Record<string, unknown>, geometry = columns.at(-1)) {
  const { rows, metadata } = models[model]({
    params,
    columns,
    postgisSchema: 'postgis',
    hasUnicodeCollation: true,
    geometry,
  })
  const write = (statement: ModelStatement) => {
    const parameters = createSqlParameters(3)
    const text = statement({ from: '"t" AS source', where: 'true', parameters })
    return { text, values: parameters.values }
  }
  return {
    ...write(rows),
    metadata: typeof metadata === 'function' ? write(metadata) : metadata?.known,
  }
}

const evil = `x"'; drop table t; --`

test('values are bound behind those of the source, and never part of the text', () => {
  const asked = [
    plan('pick', { columns: ['sold'], dataType: 'points', featureIds: [evil] }),
    plan('timeseries', {
      column: 'day',
      stepSize: 'day',
      operation: 'count',
      splitByCategory: 'kind"',
      splitByCategoryValues: [evil],
    }),
  ]
  for (const { text, values } of asked) {
    expect(text).toContain('$3')
    expect(text).not.toContain('drop')
    expect(JSON.stringify(values)).toContain('drop')
  }
  expect(plan('histogram', { column: 'share', ticks: [0.7] })).toMatchObject({
    text: expect.stringContaining('$3::pg_catalog.float4[]'),
    values: ['{"0.7"}'],
  })
})

test('names are quoted, those that the caller gives too', () => {
  const { text } = plan('aggregations', {
    aggregations: [{ column: 'sold', operation: 'sum', alias: evil }],
  })
  expect(text).toContain(`AS "x""'; drop table t; --"`)
  expect(plan('range', { column: 'kind"' }).text).toContain('min(source."kind""")')
})

test('single precision is not added up in single precision', () => {
  expect(plan('formula', { column: 'share', operation: 'sum' }).text).toContain(
    'sum(source."share"::pg_catalog.float8)',
  )
})

describe('what a model cannot be asked', () => {
  test.each<[ModelName, Record<string, unknown>, string]>([
    ['formula', { column: 'sold', operation: 'median' }, '"params.operation" is not valid'],
    ['formula', { column: 'sold', operation: { toString: null } }, '"params.operation"'],
    ['formula', { operation: 'sum' }, '"params.column" is not valid: it is missing'],
    ['formula', { operation: 'sum', column: '*' }, 'Column not found'],
    ['formula', { operation: 'sum', column: 'kind"' }, 'sum needs a column of numbers'],
    ['formula', { operation: 'max', column: 'props' }, 'max needs a column of numbers, times'],
    ['formula', { operation: 'custom' }, '"params.operationExp" is not valid'],
    ['formula', { operation: 'custom', operationExp: ['1'] }, '"params.operationExp" is not valid'],
    ['formula', { operation: 'sum', column: ['sold', 'share'] }, '"params.joinOperation"'],
    ['formula', { operation: 'sum', column: ['sold', 'day'], joinOperation: 'sum' }, 'of numbers'],
    ['formula', { operation: 'sum', column: [] }, 'an empty list'],
    ['formula', { operation: 'sum', column: [{}] }, 'the name of a column is a text'],
    ['category', { operation: 'count' }, '"params.column"'],
    ['category', { column: 'props', operation: 'count' }, 'are no categories'],
    ['category', { column: 'sold', orderBy: 'value' }, '"params.orderBy"'],
    ['category', { column: 'sold', othersThreshold: -1 }, '"params.othersThreshold"'],
    ['histogram', { column: 'kind"', ticks: [1] }, 'a histogram needs a column of numbers'],
    ['histogram', { column: 'sold' }, '"params.ticks"'],
    ['histogram', { column: 'sold', ticks: [2, 1] }, 'they must ascend'],
    ['histogram', { column: 'sold', ticks: ['one'] }, 'holds what is no number'],
    ['histogram', { column: 'sold', ticks: [1], operation: 'custom' }, '"params.operation"'],
    ['range', { column: 'geom' }, 'a range needs'],
    ['scatterplot', { xAxisColumn: 'sold' }, '"params.yAxisColumn"'],
    ['scatterplot', { xAxisColumn: 'sold', yAxisColumn: 'sold', limit: 1.5 }, '"params.limit"'],
    ['table', { column: ['sold'], sortBy: 'props' }, 'are no categories'],
    ['table', { column: ['sold'], sortDirection: 'up' }, '"params.sortDirection"'],
    ['table', { column: ['sold'], offset: 'x' }, '"params.offset"'],
    ['timeseries', { column: 'sold', stepSize: 'day' }, 'a time series needs a column of times'],
    ['timeseries', { column: 'day', stepSize: 'decade' }, '"params.stepSize"'],
    ['timeseries', { column: 'day', stepSize: 'day', stepMultiplier: 0 }, 'stepMultiplier'],
    ['aggregations', {}, '"params.aggregations"'],
    ['aggregations', { aggregations: [] }, '"params.aggregations"'],
    ['aggregations', { aggregations: [{ column: 'sold', operation: 'sum' }] }, 'an alias'],
    [
      'aggregations',
      {
        aggregations: [
          { column: 'sold', operation: 'sum', alias: 'A' },
          { column: 'sold', operation: 'min', alias: 'a' },
        ],
      },
      'stands twice',
    ],
    ['pick', { featureIds: ['a'], dataType: 'dots' }, '"params.dataType"'],
    ['pick', { featureIds: 'a', dataType: 'points' }, '"params.featureIds"'],
    ['pick', { featureIds: Array(1_001).fill('a'), dataType: 'points' }, 'more than 1000'],
  ])('%s %j', (model, params, message) => {
    expect(() => plan(model, params)).toThrow(message)
  })

  test('to pick features of what has no geometries', () => {
    const { geom: _, ...rest } = Object.fromEntries(columns.map((column) => [column.name, column]))
    expect(() =>
      models.pick({
        params: { featureIds: ['a'], dataType: 'points' },
        columns: Object.values(rest),
        postgisSchema: 'postgis',
        hasUnicodeCollation: true,
        geometry: undefined,
      }),
    ).toThrow('by a column of geometries')
  })
})
