import { Link } from '@tanstack/react-router'
import { useSession } from '../../client/session.ts'
import { formatCount } from '../../format/numbers.ts'
import { formatDateTime } from '../../format/times.ts'
import { Facts } from '../../ui/facts.tsx'
import { Section } from '../../ui/section.tsx'
import type { ApiKey } from './api/list-api-keys.ts'
import { KeyApis } from './key-apis.tsx'
import { KeyExpiry } from './key-expiry.tsx'
import { readKeyGrants } from './key-grants.ts'
import { KeyLastUse } from './key-last-use.tsx'
import { KeyRecentUse } from './key-recent-use.tsx'
import { KeySnippets } from './key-snippets-view.tsx'
import { KeySummary } from './key-summary.tsx'
import { KeyTables } from './key-tables.tsx'
import { KeyToken } from './key-token.tsx'
import { keyTypeLabel, keyTypeMeaning } from './key-type.ts'
import { NewToken } from './new-token.tsx'

/** All there is to know of a key, and how to use it. One that was just made shows its token. */
export function KeyDetails({
  apiKey,
  isNew = false,
}: {
  readonly apiKey: ApiKey
  readonly isNew?: boolean
}) {
  const { account } = useSession()
  const { type, token, description, expires_at: expiresAt } = apiKey
  const grants = readKeyGrants(apiKey.grants)
  return (
    <>
      <Section title="Details">
        <Facts
          facts={[
            ...(isNew ? [{ name: 'Name', value: apiKey.name }] : []),
            {
              name: 'Token',
              value:
                isNew && token !== null ? <NewToken token={token} /> : <KeyToken apiKey={apiKey} />,
            },
            { name: 'Type', value: `${keyTypeLabel(type)}. ${keyTypeMeaning(type)}` },
            { name: 'APIs', value: <KeyApis apiKey={apiKey} /> },
            ...(description === undefined ? [] : [{ name: 'Description', value: description }]),
            { name: 'Made', value: formatDateTime(isoTime(apiKey.created_at)) },
            ...(expiresAt === undefined
              ? []
              : [{ name: 'Ends', value: <KeyExpiry apiKey={apiKey} /> }]),
            { name: 'Last use', value: <KeyLastUse apiKey={apiKey} /> },
            ...(isNew
              ? []
              : [
                  { name: 'Last 24 hours', value: <KeyRecentUse name={apiKey.name} /> },
                  { name: 'Requests so far', value: formatCount(apiKey.request_count) },
                ]),
          ]}
        />
      </Section>
      {type === 'regular' && (
        <Section title="What it opens">
          <KeySummary
            title="What this key can do"
            grants={grants}
            expiresAt={expiresAt === undefined ? undefined : new Date(expiresAt)}
          />
          <KeyTables grants={grants} />
        </Section>
      )}
      {type === 'default' && (
        <Section title="What it opens">
          <p>
            Every table that is public, to be read and nothing else. <Link to="/data">Data</Link>{' '}
            shows which those are, and changes it.
          </p>
        </Section>
      )}
      {type !== 'master' && (
        <Section
          title="Use it"
          lead="Each of these runs as it is. In a page that everybody can open, everybody can read the token."
        >
          <KeySnippets
            grants={grants}
            account={account}
            token={token}
            isShown={isNew || type === 'default'}
          />
        </Section>
      )}
    </>
  )
}

/** The classic API writes `2018-02-14 13:23:12 +0000`. */
function isoTime(time: string): string {
  return time.replace(/^(\S+) (\S+) \+0000$/, '$1T$2Z')
}
