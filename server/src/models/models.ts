import { aggregations } from './aggregations.ts'
import { category } from './category.ts'
import { formula } from './formula.ts'
import { histogram } from './histogram.ts'
import type { Model } from './model.ts'
import { pick } from './pick.ts'
import { range } from './range.ts'
import { scatterplot } from './scatterplot.ts'
import { table } from './table.ts'
import { timeSeries } from './time-series.ts'

/** Every model, by the name that addresses have for it. */
export const models = {
  aggregations,
  category,
  formula,
  histogram,
  pick,
  range,
  scatterplot,
  table,
  timeseries: timeSeries,
} as const satisfies Record<string, Model>

export type ModelName = keyof typeof models

export function isModelName(name: string): name is ModelName {
  return Object.hasOwn(models, name)
}
