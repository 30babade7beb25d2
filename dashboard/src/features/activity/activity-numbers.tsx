import { formatCount } from '../../format/numbers.ts'
import { Table } from '../../ui/table.tsx'
import styles from './activity-numbers.module.css'
import type { Activity } from './api/activity.ts'
import { countsOf, outcomes } from './outcomes.ts'
import { periodTitle } from './period-title.ts'

/** The numbers of the chart, the latest first. Periods without requests are left out. */
export function ActivityNumbers({
  periods,
  granularity,
}: Pick<Activity, 'periods' | 'granularity'>) {
  const used = periods.filter(({ requests }) => requests > 0).reverse()
  return (
    <details className={styles.details}>
      <summary>The numbers of this chart</summary>
      <div className={styles.table}>
        <Table caption="Requests over time">
          <thead>
            <tr>
              <th scope="col">{granularity === 'hour' ? 'Hour' : 'Day (UTC)'}</th>
              <th scope="col" data-numeric>
                Requests
              </th>
              {outcomes.map(({ id, title }) => (
                <th key={id} scope="col" data-numeric>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {used.map((period) => {
              const counts = countsOf(period)
              return (
                <tr key={period.at}>
                  <th scope="row">{periodTitle(granularity, period.at)}</th>
                  <td data-numeric>{formatCount(period.requests)}</td>
                  {outcomes.map(({ id }) => (
                    <td key={id} data-numeric>
                      {formatCount(counts[id])}
                    </td>
                  ))}
                </tr>
              )
            })}
          </tbody>
        </Table>
      </div>
    </details>
  )
}
