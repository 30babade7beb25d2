import type { OpenapiOperation } from './openapi-operations.ts'

/** Values with which a request of any operation works, by the names of parameters. */
const usual: Readonly<Record<string, unknown>> = {
  q: 'select * from surveys limit 3',
  query: 'select 1',
  version: 'v2',
  name: 'surveys',
  connection: 'default',
  table: 'public.surveys',
  privacy: 'PRIVATE',
  z: '1',
  x: '0',
  y: '0',
  id: '00000000-0000-4000-8000-000000000000',
  grants: [{ type: 'apis', apis: ['sql'] }],
}

const usualModel = {
  model: 'category',
  type: 'table',
  source: 'surveys',
  params: '{"column":"note","operation":"count","othersThreshold":2}',
  queryParameters: '',
  filters: '{"capital_id":{"between":{"values":[[1,100]]}}}',
  filtersLogicalOperator: 'and',
  spatialDataType: 'geo',
  spatialDataColumn: 'the_geom',
}
const usualStats = { table: 'surveys', column: 'capital_id', queryParameters: '' }

/** Where the same name means something else; `spare` is a key that may be lost. */
const usualOf: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  createApiKey: { name: 'made at random' },
  getApiKey: { name: 'spare' },
  deleteApiKey: { name: 'spare' },
  regenerateApiKey: { name: 'spare' },
  getVisualization: { id: 'surveys' },
  updateVisualization: { id: 'capitals', name: 'capitals', title: 'Capitals', tags: ['world'] },
  getTable: { id: 'surveys' },
  getUser: { name: 'demo' },
  listVisualizations: { name: 'surveys', type: 'table', order: 'name' },
  copyFrom: { q: "copy surveys (note) from stdin with (format csv, delimiter '|')" },
  copyTo: { q: 'copy surveys to stdout' },
  postCopyTo: { q: 'copy surveys to stdout' },
  getApiKeyUsage: { name: 'spare' },
  askModel: usualModel,
  postModel: usualModel,
  getQueryStats: usualStats,
  postQueryStats: usualStats,
  getTableStats: usualStats,
  postTableStats: usualStats,
}

/** What a parameter of an operation is in a request that works; undefined: it is left out. */
export function usualValue({ operationId }: OpenapiOperation, name: string): unknown {
  return usualOf[operationId]?.[name] ?? usual[name]
}

/** The address and the body of a request that works, as far as a credential lets it. */
export function usualRequest(operation: OpenapiOperation): {
  readonly path: string
  readonly query: Record<string, string>
  readonly body: Record<string, unknown> | undefined
} {
  const values = (names: readonly string[]) =>
    names.flatMap((name) => {
      const value = usualValue(operation, name)
      return value === undefined ? [] : [[name, value] as const]
    })
  return {
    path: operation.path.replace(/\{(\w+)\}/g, (_, name: string) =>
      String(usualValue(operation, name) ?? 'x'),
    ),
    query: Object.fromEntries(
      values(operation.queryParameters).map(([name, value]) => [name, String(value)]),
    ),
    body: operation.takesBody ? Object.fromEntries(values(operation.bodyMembers)) : undefined,
  }
}
