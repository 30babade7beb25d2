/** How far back is looked, and how finely. */
export const ranges = {
  '24h': { title: '24 hours', granularity: 'hour', days: 1 },
  '7d': { title: '7 days', granularity: 'hour', days: 7 },
  '30d': { title: '30 days', granularity: 'day', days: 30 },
  '90d': { title: '90 days', granularity: 'day', days: 90 },
} as const

export type ActivityRange = keyof typeof ranges

export const rangeNames = Object.keys(ranges) as ActivityRange[]

/** A range as an address names it; one that it does not know is the shortest. */
export function readRange(text: string | undefined): ActivityRange {
  return rangeNames.find((name) => name === text) ?? '24h'
}
