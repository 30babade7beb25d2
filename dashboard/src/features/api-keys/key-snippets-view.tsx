import { basePath } from '../../client/base-path.ts'
import { CodeBlock } from '../../ui/code-block.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import type { KeyGrants } from './key-grants.ts'
import { keySnippets } from './key-snippets.ts'

const languages = [
  { id: 'curl', title: 'curl' },
  { id: 'python', title: 'Python' },
  { id: 'javascript', title: 'JavaScript' },
] as const

/** Programs that use a key. A token that is not to be shown is copied with them all the same. */
export function KeySnippets({
  grants,
  account,
  token,
  isShown,
}: {
  readonly grants: KeyGrants
  readonly account: string
  /** Null where it is not known here. */
  readonly token: string | null
  readonly isShown: boolean
}) {
  const accountUrl = `${window.location.origin}${basePath}/user/${encodeURIComponent(account)}`
  const snippetsWith = (text: string) => keySnippets({ grants, account, accountUrl, token: text })
  const copied = snippetsWith(token ?? 'YOUR_TOKEN')
  const shown = token === null || isShown ? copied : snippetsWith('••••••••••••')
  return (
    <Tabs
      label="Languages"
      tabs={languages.map(({ id, title }) => ({
        id,
        title,
        content: <CodeBlock code={copied[id]} shown={shown[id]} label={`${title} example`} />,
      }))}
    />
  )
}
