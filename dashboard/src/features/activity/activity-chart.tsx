import { type KeyboardEvent, type PointerEvent, useId, useState } from 'react'
import { formatCount, formatShortCount } from '../../format/numbers.ts'
import styles from './activity-chart.module.css'
import type { Activity } from './api/activity.ts'
import { niceTicks } from './nice-ticks.ts'
import { OutcomePatterns, OutcomeSample } from './outcome-patterns.tsx'
import { countsOf, outcomes } from './outcomes.ts'
import { periodTitle, shortPeriodTitle } from './period-title.ts'
import { useWidth } from './use-width.ts'

const height = 240
const margin = { top: 12, right: 4, bottom: 28, left: 44 }

/** A bar for each hour or day: what was answered, and on top of it errors and denials. */
export function ActivityChart({ periods, granularity }: Pick<Activity, 'periods' | 'granularity'>) {
  const id = useId()
  const [ref, width] = useWidth<HTMLDivElement>()
  const [chosen, setChosen] = useState<number | undefined>(undefined)
  const plot = {
    width: Math.max(0, width - margin.left - margin.right),
    height: height - margin.top - margin.bottom,
  }
  const ticks = niceTicks(Math.max(0, ...periods.map(({ requests }) => requests)))
  const top = ticks.at(-1) ?? 1
  const heightOf = (count: number) => (count / top) * plot.height
  const slot = plot.width / Math.max(1, periods.length)
  const gap = Math.min(4, slot * 0.25)
  const last = periods.length - 1
  const sentenceOf = (index: number) => {
    const period = periods[index]
    if (period === undefined) return ''
    const counts = countsOf(period)
    const said = outcomes.map(
      (each) => `${formatCount(counts[each.id])} ${each.title.toLowerCase()}`,
    )
    return `${periodTitle(granularity, period.at)}: ${said.join(', ')}`
  }

  const point = (event: PointerEvent<HTMLDivElement>) => {
    const { left } = event.currentTarget.getBoundingClientRect()
    const index = Math.floor((event.clientX - left - margin.left) / slot)
    setChosen(index >= 0 && index <= last ? index : undefined)
  }
  const press = (event: KeyboardEvent) => {
    const from = chosen ?? last
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last }[event.key]
    if (to === undefined) return
    event.preventDefault()
    setChosen(Math.min(last, Math.max(0, to)))
  }

  return (
    <figure className={styles.figure}>
      <div
        ref={ref}
        className={styles.plot}
        role="slider"
        tabIndex={0}
        aria-label="Requests over time: choose a period with the arrow keys"
        aria-valuemin={1}
        aria-valuemax={periods.length}
        aria-valuenow={(chosen ?? last) + 1}
        aria-valuetext={sentenceOf(chosen ?? last)}
        onPointerMove={point}
        onPointerLeave={() => setChosen(undefined)}
        onKeyDown={press}
        onBlur={() => setChosen(undefined)}
      >
        <svg width={width} height={height} aria-hidden="true">
          <OutcomePatterns prefix={id} />
          {ticks.map((tick) => {
            const y = margin.top + plot.height - heightOf(tick)
            return (
              <g key={tick}>
                <line
                  x1={margin.left}
                  x2={width - margin.right}
                  y1={y}
                  y2={y}
                  className={styles.line}
                />
                <text
                  x={margin.left - 8}
                  y={y}
                  dy="0.32em"
                  textAnchor="end"
                  className={styles.label}
                >
                  {formatShortCount(tick)}
                </text>
              </g>
            )
          })}
          {periods.map((period, index) => {
            const x = margin.left + index * slot
            const counts = countsOf(period)
            let y = margin.top + plot.height
            return (
              <g key={period.at}>
                {index === chosen && (
                  <rect
                    x={x}
                    y={margin.top}
                    width={slot}
                    height={plot.height}
                    className={styles.chosen}
                  />
                )}
                {outcomes.map((each) => {
                  const count = counts[each.id]
                  if (count === 0) return null
                  // What there was little of is still there to be seen.
                  const bar = Math.max(2, heightOf(count))
                  y -= bar
                  return (
                    <rect
                      key={each.id}
                      x={x + gap / 2}
                      y={y}
                      width={Math.max(1, slot - gap)}
                      height={bar}
                      fill={`url(#${id}-${each.id})`}
                    />
                  )
                })}
              </g>
            )
          })}
          {labelled(periods.length, plot.width).map((index) => (
            <text
              key={index}
              x={margin.left + (index + 0.5) * slot}
              y={height - 8}
              textAnchor={index === 0 ? 'start' : index === last ? 'end' : 'middle'}
              className={styles.label}
            >
              {shortPeriodTitle(granularity, periods[index]?.at ?? '', periods.length)}
            </text>
          ))}
        </svg>
      </div>
      <figcaption className={styles.caption}>
        <ul className={styles.legend}>
          {outcomes.map((each) => (
            <li key={each.id} className={styles.entry}>
              <OutcomeSample id={each.id} />
              {each.title}
            </li>
          ))}
        </ul>
        <p className={styles.readout}>
          {chosen === undefined
            ? 'Point at a bar, or move with the arrow keys, to read it.'
            : sentenceOf(chosen)}
        </p>
      </figcaption>
    </figure>
  )
}

/** Which periods have room for their title under them: evenly spread, the first among them. */
function labelled(count: number, plotWidth: number): number[] {
  const fitting = Math.max(2, Math.floor(plotWidth / 75))
  const step = Math.max(1, Math.ceil(count / fitting))
  return Array.from({ length: count }, (_, index) => index).filter((index) => index % step === 0)
}
