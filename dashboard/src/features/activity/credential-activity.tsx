import { Link } from '@tanstack/react-router'
import { formatCount } from '../../format/numbers.ts'
import { Table } from '../../ui/table.tsx'
import { Tag } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import type { Activity } from './api/activity.ts'
import { credentialTitle } from './credential-title.ts'
import { FilterButton } from './filter-button.tsx'
import { Sparkline } from './sparkline.tsx'

type Credential = Activity['credentials'][number]

/** How much each credential was used, the busiest first. Choosing one narrows the chart to it. */
export function CredentialActivity({
  credentials,
  chosen,
  onChoose,
}: {
  readonly credentials: readonly Credential[]
  readonly chosen: string | undefined
  readonly onChoose: (id: string | undefined) => void
}) {
  return (
    <Table caption="Requests by credential" stacked>
      <thead>
        <tr>
          <th scope="col">Credential</th>
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
          <th scope="col">Last use</th>
        </tr>
      </thead>
      <tbody>
        {credentials.map((credential) => {
          const { kind, id, requests, errors, denials, series, last_used_at } = credential
          const key = kind === 'other_tokens' ? kind : (id ?? undefined)
          return (
            <tr key={key ?? kind}>
              <td data-label="Credential">
                <FilterButton
                  title={credentialTitle(credential)}
                  isChosen={key !== undefined && key === chosen}
                  {...(key !== undefined && {
                    onToggle: () => onChoose(key === chosen ? undefined : key),
                  })}
                >
                  <KindTag credential={credential} />
                </FilterButton>
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
              <td data-label="Last use">
                {last_used_at === null ? '–' : <Time at={last_used_at} />}
              </td>
            </tr>
          )
        })}
      </tbody>
    </Table>
  )
}

function KindTag({ credential: { kind, id, name, type } }: { readonly credential: Credential }) {
  if (kind === 'api_key' && name !== null) {
    return (
      <Link to="/api-keys/$name" params={{ name }}>
        <Tag tone={type === 'master' ? 'warning' : 'neutral'}>
          {type === 'regular' ? 'API key' : `API key, ${type}`}
        </Tag>
      </Link>
    )
  }
  if (kind === 'access_token' && id !== null) {
    return (
      <Link to="/developers/credentials/tokens/$id" params={{ id }}>
        <Tag tone="info">Access token</Tag>
      </Link>
    )
  }
  return <Tag>{kind === 'other_tokens' ? 'Together' : 'Not shown one by one'}</Tag>
}
