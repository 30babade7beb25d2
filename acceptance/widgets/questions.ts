import type { Filters } from '@carto/api-client'
import { literal, name } from './plain-sql.ts'
import type { Operator, Polygon, Value, WidgetColumn, WidgetData, Widgets } from './widget-data.ts'

/** What is asked of one model, of all who answer. */
export type Question = {
  readonly model: string
  readonly about: string
  readonly operator?: Operator
  readonly polygon?: Polygon
  /** Undefined: the client cannot calculate it. */
  readonly ask: (widgets: Widgets, spatialFilter: Polygon | undefined) => Promise<unknown>
  readonly isLocal: boolean
  /** The same in straightforward SQL, as rows; undefined: SQL has no words for it. */
  readonly sql?: string
  /** What of an answer is told apart: times as numbers, rows without an order in some order. */
  readonly read: (answer: unknown) => unknown
}

type Row = Readonly<Record<string, Value>>

const rowsOf = (answer: unknown) => answer as readonly Row[]
const as =
  (...columns: string[]) =>
  (answer: unknown) =>
    rowsOf(answer).map((row) => columns.map((column) => row[column] ?? null))
const inAnyOrder = (read: (answer: unknown) => unknown[]) => (answer: unknown) =>
  read(answer)
    .map((row) => JSON.stringify(row))
    .sort()
/** Of SQL a value is in a row, of the client in an object. */
const singleValue = (answer: unknown) => ([answer].flat() as Row[])[0]?.value ?? null
const timesOf = (answer: unknown) =>
  rowsOf(answer).map(({ name: time, value }) => [new Date(time as never).getTime(), value ?? null])

/** Values that occur, spread over all of them, ascending. */
function occurring({ rows }: WidgetData, column: WidgetColumn): Value[] {
  const values = [...new Set(rows.map((row) => row[column.name] ?? null))].filter(
    (value) => value !== null,
  )
  return values.sort((a, b) => (a < b ? -1 : 1))
}

function share<T>(values: readonly T[], fraction: number): T | undefined {
  return values[Math.floor((values.length - 1) * fraction)]
}

/** What widgets ask about every column, alone and with its neighbour. */
export function questionsAbout(data: WidgetData): Question[] {
  const numbers = data.columns.filter(({ kind }) => kind === 'number')
  return [
    ...data.columns.flatMap((column, index) => {
      const other = numbers[index % Math.max(numbers.length, 1)]
      return [
        ...(column.kind === 'number' ? numberQuestions(data, column, other ?? column) : []),
        ...(column.kind === 'time' ? timeQuestions(data, column, other) : []),
        ...categoryQuestions(data, column, other),
        ...tableQuestions(data, column),
        ...filterQuestions(data, column),
      ]
    }),
    ...joinedQuestions(data),
    ...spatialQuestions(data, numbers[0]),
  ]
}

const from = (data: WidgetData) => `from public.${name(data.table)}`

function numberQuestions(data: WidgetData, column: WidgetColumn, other: WidgetColumn): Question[] {
  const values = occurring(data, column) as number[]
  const ticks = [0.25, 0.5, 0.75].flatMap((fraction) => share(values, fraction) ?? [])
  const c = name(column.name)
  const bin = ticks.map((tick) => `(${c} >= ${tick})::int`).join(' + ') || '0'
  return [
    ...(['count', 'sum', 'avg', 'min', 'max'] as const).map((operation) => ({
      model: 'formula',
      about: `${operation} of ${column.name}`,
      isLocal: true,
      ask: (widgets: Widgets, spatialFilter: Polygon | undefined) =>
        widgets.getFormula({ column: column.name, operation, ...spatial(spatialFilter) }),
      sql: `select ${operation}(${operation === 'count' ? '*' : c}) as value ${from(data)}`,
      read: (answer: unknown) => finite(singleValue(answer)),
    })),
    {
      model: 'aggregations',
      about: `of ${column.name}`,
      isLocal: true,
      ask: async (widgets, spatialFilter) => {
        const { rows } = await widgets.getAggregations({
          aggregations: (['sum', 'min', 'max', 'count'] as const).map((operation) => ({
            column: column.name,
            operation,
            alias: operation,
          })),
          ...spatial(spatialFilter),
        })
        return rows
      },
      sql: `select sum(${c}), min(${c}), max(${c}), count(*) ${from(data)}`,
      read: (answer) =>
        ['sum', 'min', 'max', 'count'].map((key) => finite(rowsOf(answer)[0]?.[key] ?? null)),
    },
    {
      model: 'aggregations',
      about: `of ${column.name}, as an expression`,
      isLocal: false,
      ask: async (widgets, spatialFilter) => {
        const { rows } = await widgets.getAggregations({
          aggregations: `sum(${c}) / nullif(count(${c}), 0) as mean, count(distinct ${c}) as n`,
          ...spatial(spatialFilter),
        })
        return rows
      },
      sql: `select sum(${c}) / nullif(count(${c}), 0) as mean, count(distinct ${c}) as n ${from(data)}`,
      read: as('mean', 'n'),
    },
    {
      model: 'range',
      about: column.name,
      isLocal: true,
      ask: async (widgets, spatialFilter) => [
        await widgets.getRange({ column: column.name, ...spatial(spatialFilter) }),
      ],
      sql: `select min(${c}), max(${c}) ${from(data)}`,
      read: (answer) => ['min', 'max'].map((key) => finite(rowsOf(answer)[0]?.[key] ?? null)),
    },
    ...(['count', 'sum', 'max'] as const).map((operation) => ({
      model: 'histogram',
      about: `${operation} of ${column.name}`,
      isLocal: true,
      ask: async (widgets: Widgets, spatialFilter: Polygon | undefined) => {
        const bins = await widgets.getHistogram({
          column: column.name,
          operation,
          ticks,
          ...spatial(spatialFilter),
        })
        return bins.flatMap((value, tick) => (value === 0 ? [] : [{ tick, value }]))
      },
      sql: `select tick, value from (select ${bin} as tick, ${operation}(${c}) as value ${from(data)}
        where ${c} is not null group by 1) as bins where value <> 0 order by 1`,
      read: as('tick', 'value'),
    })),
    {
      model: 'scatterplot',
      about: `${column.name}, ${other.name}`,
      isLocal: true,
      ask: async (widgets, spatialFilter) => {
        const points = await widgets.getScatter({
          xAxisColumn: column.name,
          yAxisColumn: other.name,
          ...spatial(spatialFilter),
        })
        return points.slice(0, 500).map(([x, y]) => ({ x, y }))
      },
      sql: `select ${c} as x, ${name(other.name)} as y ${from(data)}
        where ${c} is not null and ${name(other.name)} is not null`,
      read: inAnyOrder(as('x', 'y')),
    },
  ]
}

const steps = ['year', 'month', 'week', 'day', 'hour', 'minute', 'second'] as const

function timeQuestions(
  data: WidgetData,
  column: WidgetColumn,
  other: WidgetColumn | undefined,
): Question[] {
  const c = name(column.name)
  // To the client no time is the first moment of 1970.
  const isLocal = data.rows.every((row) => (row[column.name] ?? null) !== null)
  return steps.flatMap((stepSize) =>
    (['count', ...(other === undefined ? [] : (['sum'] as const))] as const).map((operation) => {
      const operationColumn = operation === 'count' ? column.name : (other?.name ?? column.name)
      return {
        model: 'timeseries',
        about: `${operation} by ${stepSize} of ${column.name}`,
        isLocal,
        ask: async (widgets: Widgets, spatialFilter: Polygon | undefined) => {
          const { rows } = await widgets.getTimeSeries({
            column: column.name,
            stepSize,
            operation,
            operationColumn,
            ...spatial(spatialFilter),
          })
          return rows.map(({ name: time, value }) => ({ name: time, value: value || 0 }))
        },
        sql: `select date_trunc('${stepSize}', ${c}::timestamptz, 'UTC') as name,
          coalesce(${operation}(${name(operationColumn)}), 0) as value ${from(data)}
          where ${c} is not null group by 1 order by 1`,
        read: timesOf,
      }
    }),
  )
}

const orders = ['frequency_desc', 'frequency_asc', 'alphabetical_asc', 'alphabetical_desc'] as const

function categoryQuestions(
  data: WidgetData,
  column: WidgetColumn,
  other: WidgetColumn | undefined,
): Question[] {
  if (column.kind === 'time') return []
  const c = name(column.name)
  const inOrder = as('name', 'value')
  // Each version of Unicode has an order of its own for Han characters.
  const isHan = data.rows.some((row) => /\p{Script=Han}/u.test(String(row[column.name])))
  const counts = orders.map((orderBy) => ({
    model: 'category',
    about: `${column.name}, ${orderBy}`,
    isLocal: true,
    ask: (widgets: Widgets, spatialFilter: Polygon | undefined) =>
      widgets.getCategories({
        column: column.name,
        operation: 'count',
        orderBy,
        ...spatial(spatialFilter),
      }),
    sql: `select ${c} as name, count(*) as value ${from(data)} group by 1`,
    read: isHan ? (answer: unknown) => sortedByName(inOrder(answer)) : inOrder,
  }))
  const others: Question = {
    model: 'category',
    about: `${column.name}, all but two`,
    isLocal: true,
    ask: async (widgets, spatialFilter) => {
      const { metadata } = (await widgets.getCategories({
        column: column.name,
        operation: 'count',
        othersThreshold: 2,
        rawResult: true,
        ...spatial(spatialFilter),
      })) as unknown as { metadata?: { others?: number } }
      return [{ value: metadata?.others ?? 0 }]
    },
    sql: `select coalesce(sum(value), 0) as value from (
      select count(*) as value ${from(data)} group by ${c} order by 1 desc offset 2) as rest`,
    read: as('value'),
  }
  if (other === undefined) return [...counts, others]
  return [
    ...counts,
    others,
    ...(['sum', 'avg', 'min', 'max'] as const).map((operation) => ({
      model: 'category',
      about: `${operation} of ${other.name} by ${column.name}`,
      isLocal: true,
      ask: async (widgets: Widgets, spatialFilter: Polygon | undefined) => {
        const rows = await widgets.getCategories({
          column: column.name,
          operation,
          operationColumn: other.name,
          ...spatial(spatialFilter),
        })
        // Of nothing the client makes 0 or infinity, a database null.
        return rows.map((row) => ({ ...row, value: finite(row.value) || 0 }))
      },
      sql: `select ${c} as name, coalesce(${operation}(${name(other.name)}), 0) as value
        ${from(data)} group by 1`,
      // Sums that differ in their last digit would be in another order.
      read: (answer: unknown) => sortedByName(inOrder(answer)),
    })),
  ]
}

function tableQuestions(data: WidgetData, column: WidgetColumn): Question[] {
  const hasNull = data.rows.some((row) => (row[column.name] ?? null) === null)
  const shown = [column, ...data.columns.slice(0, 4)]
  const all = data.rows.length
  const key = column.kind === 'text' ? `${name(column.name)} collate "C"` : name(column.name)
  const sorted = (['asc', 'desc'] as const).map((sortDirection) => ({
    model: 'table',
    about: `by ${column.name}, ${sortDirection}`,
    // The client puts what is null anywhere.
    isLocal: !hasNull,
    ask: async (widgets: Widgets, spatialFilter: Polygon | undefined) => {
      const { rows, totalCount } = await widgets.getTable({
        columns: [column.name],
        sortBy: column.name,
        sortDirection,
        sortByColumnType: column.kind === 'number' ? 'number' : 'string',
        limit: 20,
        offset: 3,
        ...spatial(spatialFilter),
      })
      return rows.map((row) => ({ value: row[column.name], total: totalCount }))
    },
    sql: `select ${name(column.name)} as value, ${all} as total ${from(data)}
      order by ${key} ${sortDirection} nulls last limit 20 offset 3`,
    read: (answer: unknown) =>
      rowsOf(answer).map(({ value = null, total }) => [
        column.kind === 'time' && value !== null ? new Date(value as string).getTime() : value,
        Number(total),
      ]),
  }))
  return [
    ...sorted,
    {
      model: 'table',
      about: `whole, with ${column.name}`,
      isLocal: true,
      ask: async (widgets, spatialFilter) => {
        const { rows } = await widgets.getTable({
          columns: shown.map((each) => each.name),
          limit: all,
          ...spatial(spatialFilter),
        })
        return rows
      },
      read: inAnyOrder((answer) =>
        rowsOf(answer).map((row) =>
          shown.map(({ name: each, kind }) => {
            const value = row[each] ?? null
            return kind === 'time' && value !== null ? new Date(String(value)).getTime() : value
          }),
        ),
      ),
    },
  ]
}

function filterQuestions(data: WidgetData, column: WidgetColumn): Question[] {
  const values = occurring(data, column)
  const [low, middle, high] = [0.2, 0.5, 0.8].map((fraction) => share(values, fraction))
  if (low === undefined || middle === undefined || high === undefined) return []
  const c = name(column.name)
  const count = (about: string, filter: object, where?: string): Question => ({
    model: 'filters',
    about: `${column.name} ${about}`,
    isLocal: true,
    ask: async (widgets, spatialFilter) => [
      await widgets.getFormula({
        column: '*',
        operation: 'count',
        filters: { [column.name]: filter } as Filters,
        ...spatial(spatialFilter),
      }),
    ],
    ...(where !== undefined && { sql: `select count(*) as value ${from(data)} where ${where}` }),
    read: as('value'),
  })
  switch (column.kind) {
    case 'number':
      return [
        count('in', { in: { values: [low, high] } }, `${c} in (${literal(low)}, ${literal(high)})`),
        count(
          'between',
          {
            between: {
              values: [
                [low, middle],
                [high, null],
              ],
            },
          },
          `${c} between ${low} and ${middle} or ${c} >= ${high}`,
        ),
        count('open below', { between: { values: [[null, middle]] } }, `${c} <= ${middle}`),
        count(
          'closed and open',
          { closed_open: { values: [[low, high]] } },
          `${c} >= ${low} and ${c} < ${high}`,
        ),
      ]
    case 'boolean':
      return [count('in', { in: { values: [true] } }, c)]
    case 'time': {
      const [start, end] = [low, high].map((time) => new Date(String(time)).getTime())
      return [
        count(
          'time',
          { time: { values: [[start, end]] } },
          `date_trunc('milliseconds', ${c}::timestamptz)
            between ${literal(new Date(start ?? 0).toISOString())} and ${literal(new Date(end ?? 0).toISOString())}`,
        ),
      ]
    }
    case 'text': {
      const part = String(middle).slice(1, 4)
      const search = (about: string, text: string, params?: object, where?: string) =>
        count(
          `contains ${about}`,
          { stringSearch: { values: [text], ...(params && { params }) } },
          where,
        )
      const place = `position(${literal(part)} in ${c}) > 0`
      return [
        count('in', { in: { values: [low, high] } }, `${c} in (${literal(low)}, ${literal(high)})`),
        search('some', part.toUpperCase()),
        search('exactly', part, { caseSensitive: true, keepSpecialCharacters: true }, place),
        search('at the start', String(middle).slice(0, 2), { mustStart: true }),
        search('at the end', String(middle).slice(-2), { mustEnd: true, caseSensitive: true }),
        search('all of it', String(low), { mustStart: true, mustEnd: true }),
        search('a pattern', '^[A-M]', { useRegExp: true }),
      ]
    }
  }
}

/** Two columns, both and either. */
function joinedQuestions(data: WidgetData): Question[] {
  const [first, second] = data.columns.filter(({ kind }) => kind === 'number' || kind === 'text')
  if (first === undefined || second === undefined) return []
  const chosen = [first, second].map(
    (column) => [column, share(occurring(data, column), 0.5)] as const,
  )
  if (chosen.some(([, value]) => value === undefined)) return []
  const filters = Object.fromEntries(
    chosen.map(([column, value]) => [column.name, { in: { values: [value] } }]),
  ) as Filters
  return (['and', 'or'] as const).map((operator) => ({
    model: 'filters',
    about: `${first.name} ${operator} ${second.name}`,
    operator,
    isLocal: true,
    ask: async (widgets, spatialFilter) => [
      await widgets.getFormula({
        column: '*',
        operation: 'count',
        filters,
        ...spatial(spatialFilter),
      }),
    ],
    sql: `select count(*) as value ${from(data)} where ${chosen
      .map(([column, value]) => `${name(column.name)} = ${literal(value ?? null)}`)
      .join(` ${operator} `)}`,
    read: as('value'),
  }))
}

const polygons: readonly (readonly [string, Polygon['coordinates']])[] = [
  ['a box', [box(-10, 35, 40, 70)]],
  ['a box with a hole', [box(-120, -60, 150, 60), box(-20, -35, 55, 38)]],
  [
    'a triangle',
    [
      [
        [-80, -56],
        [-33, -8],
        [-82, 13],
        [-80, -56],
      ],
    ],
  ],
]

function box(west: number, south: number, east: number, north: number): number[][] {
  return [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ]
}

function spatialQuestions(data: WidgetData, column: WidgetColumn | undefined): Question[] {
  return polygons.flatMap(([about, coordinates]) => {
    const polygon: Polygon = { type: 'Polygon', coordinates }
    const where = `st_intersects(geom, st_setsrid(st_geomfromgeojson(${literal(JSON.stringify(polygon))}), 4326))`
    const ask =
      (operation: 'count' | 'sum') => (widgets: Widgets, spatialFilter: Polygon | undefined) =>
        widgets.getFormula({
          column: operation === 'count' ? '*' : (column?.name ?? '*'),
          operation,
          ...spatial(spatialFilter),
        })
    const operations = ['count', ...(column === undefined ? [] : (['sum'] as const))] as const
    return operations.map((operation) => ({
      model: 'spatialFilters',
      about: `${operation} in ${about}`,
      polygon,
      isLocal: true,
      ask: ask(operation),
      sql: `select ${operation}(${operation === 'count' ? '*' : name(column?.name ?? '')}) as value
        ${from(data)} where ${where}`,
      read: (answer: unknown) => finite(singleValue(answer)) || 0,
    }))
  })
}

function spatial(spatialFilter: Polygon | undefined) {
  return spatialFilter === undefined ? {} : { spatialFilter }
}

/** The client makes infinity of what has no least or greatest value. */
function finite<T>(value: T): T | null {
  return typeof value === 'number' && !Number.isFinite(value) ? null : value
}

function sortedByName(rows: readonly unknown[]): unknown[] {
  return [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}
