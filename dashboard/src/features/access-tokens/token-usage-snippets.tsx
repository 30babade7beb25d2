import { serverAddress } from '../../client/server-address.ts'
import { CodeBlock } from '../../ui/code-block.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import type { AccessToken } from './api/access-token.ts'
import { useNamedSources } from './api/list-named-sources.ts'
import { draftOf } from './token-draft.ts'
import { listTokenSnippets } from './token-snippets.ts'

const hidden = 'YOUR_TOKEN'

/** How a token is used, as code to be taken away. */
export function TokenUsageSnippets({
  token,
  withSecret,
}: {
  readonly token: AccessToken
  /** Whether the token itself stands in the code. */
  readonly withSecret: boolean
}) {
  const names = (useNamedSources().data ?? []).map(({ name }) => name)
  const { apis, grants } = draftOf(token)
  const snippets = listTokenSnippets(
    {
      text: withSecret ? (token.token ?? hidden) : hidden,
      apis,
      grants,
      referers: token.referers,
    },
    serverAddress,
    names,
  )
  if (snippets.length === 0) {
    return <p>Send the token with each request, as Authorization: Bearer followed by the token.</p>
  }
  return (
    <Tabs
      label="Languages"
      tabs={snippets.map(({ title, code }) => ({
        id: title,
        title,
        content: <CodeBlock code={code} label={`${title} code`} />,
      }))}
    />
  )
}
