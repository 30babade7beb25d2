import { formatCount } from '../../format/numbers.ts'
import { Table } from '../../ui/table.tsx'
import type { Activity } from './api/activity.ts'
import { FilterButton } from './filter-button.tsx'
import { Sparkline } from './sparkline.tsx'

const titles: Readonly<Record<string, string>> = {
  sql: 'SQL',
  maps: 'Maps',
  batch: 'Batch jobs',
  auth: 'Auth',
  account: 'Account',
}

/** What an API is called. */
export function apiTitle(api: string): string {
  return titles[api] ?? api
}

/** How much each API was used. Choosing one narrows the chart to it. */
export function ApiActivity({
  apis,
  chosen,
  onChoose,
}: {
  readonly apis: Activity['apis']
  readonly chosen: string | undefined
  readonly onChoose: (api: string | undefined) => void
}) {
  return (
    <Table caption="Requests by API" stacked>
      <thead>
        <tr>
          <th scope="col">API</th>
          <th scope="col">Over time</th>
          <th scope="col" data-numeric>
            Requests
          </th>
          <th scope="col" data-numeric>
            Errors
          </th>
          <th scope="col" data-numeric>
            Denials
          </th>
        </tr>
      </thead>
      <tbody>
        {apis.map(({ api, requests, errors, denials, series }) => (
          <tr key={api}>
            <td data-label="API">
              <FilterButton
                title={apiTitle(api)}
                isChosen={api === chosen}
                onToggle={() => onChoose(api === chosen ? undefined : api)}
              />
            </td>
            <td data-label="Over time">
              <Sparkline series={series} />
            </td>
            <td data-label="Requests" data-numeric>
              {formatCount(requests)}
            </td>
            <td data-label="Errors" data-numeric>
              {formatCount(errors)}
            </td>
            <td data-label="Denials" data-numeric>
              {formatCount(denials)}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  )
}
