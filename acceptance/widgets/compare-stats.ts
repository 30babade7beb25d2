import { runAsOwner } from '../support/populate-account.ts'
import type { AccountCredentials, Postern } from '../support/postern.ts'
import { send } from '../support/requests.ts'
import type { Comparison } from './compare-answers.ts'
import { name } from './plain-sql.ts'
import type { Value, WidgetColumn, WidgetData } from './widget-data.ts'

type Stats = {
  readonly type: string
  readonly min?: Value
  readonly max?: Value
  readonly avg?: number | null
  readonly sum?: number | null
  readonly quantiles?: Readonly<Record<string, readonly number[]>>
  readonly categories?: readonly { readonly category: Value; readonly frequency: number }[]
  readonly extent?: Readonly<Record<'xmin' | 'ymin' | 'xmax' | 'ymax', number | null>>
}

/** Asks for the statistics of every column, and compares them with what the rows and SQL say. */
export async function compareStats(
  postern: Postern,
  account: AccountCredentials,
  data: WidgetData,
): Promise<Comparison[]> {
  const columns = [...data.columns, { name: 'geom', kind: 'geometry' as const }]
  const compared: Comparison[] = []
  for (const column of columns) {
    const table = `${account.account}.public."${data.table}"`
    const address = [table, column.name].map(encodeURIComponent).join('/')
    const answer = await send(`${account.base_url}/v3/stats/default/${address}`, {
      headers: { authorization: `Bearer ${account.master_key}` },
    })
    const expected =
      column.kind === 'geometry'
        ? await readExtent(postern, account, data)
        : expectStats(data, column)
    const given = answer.status === 200 ? readStats(answer.json<Stats>()) : answer.text
    const isAlike = JSON.stringify(given) === JSON.stringify(expected)
    compared.push({
      question: {
        model: 'stats',
        about: column.name,
        isLocal: false,
        ask: async () => answer,
        read: (read) => read,
      },
      comparedWith: ['SQL'],
      differences: isAlike ? [] : [`${JSON.stringify(given)}, but ${JSON.stringify(expected)}`],
    })
  }
  return compared
}

const digits = 9

/** Without the last digits, which depend on the order of adding. */
function rounded(value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(digits)) : (value ?? null)
}

function readStats(stats: Stats): unknown {
  switch (stats.type) {
    case 'Number':
      return {
        all: [stats.min, stats.max, stats.avg, stats.sum].map(rounded),
        quantiles: stats.quantiles?.['4']?.map(rounded),
        groups: Object.keys(stats.quantiles ?? {}).length,
      }
    case 'Timestamp':
      return [stats.min, stats.max].map((time) => new Date(String(time)).getTime())
    case 'Geometry':
      return Object.values(stats.extent ?? {}).map(rounded)
    default:
      return (stats.categories ?? []).map(({ category, frequency }) => [category, frequency]).sort()
  }
}

function expectStats({ rows }: WidgetData, column: WidgetColumn): unknown {
  const values = rows.map((row) => row[column.name] ?? null)
  if (column.kind === 'number') {
    const numbers = values.filter((value) => value !== null).map(Number)
    numbers.sort((a, b) => a - b)
    const sum = numbers.reduce((total, value) => total + value, 0)
    const quantile = (fraction: number) =>
      numbers[Math.max(0, Math.ceil(fraction * numbers.length) - 1)]
    return {
      all: [numbers[0], numbers.at(-1), sum / numbers.length, sum].map(rounded),
      quantiles: [0, 0.25, 0.5, 0.75, 1].map(quantile).map(rounded),
      groups: 18,
    }
  }
  if (column.kind === 'time') {
    const times = values.filter((value) => value !== null).map((value) => Date.parse(String(value)))
    return [Math.min(...times), Math.max(...times)]
  }
  const counts = new Map<Value, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort()
}

async function readExtent(
  postern: Postern,
  account: AccountCredentials,
  { table }: WidgetData,
): Promise<unknown> {
  const [row] = await runAsOwner(
    postern,
    account,
    `select min(st_xmin(geom)) as xmin, min(st_ymin(geom)) as ymin, max(st_xmax(geom)) as xmax,
       max(st_ymax(geom)) as ymax from public.${name(table)}`,
  )
  return [row?.xmin, row?.ymin, row?.xmax, row?.ymax].map(rounded)
}
