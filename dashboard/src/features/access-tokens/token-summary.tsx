import { useNamedSources } from './api/list-named-sources.ts'
import { summariseToken } from './summarise-token.ts'
import type { TokenDraft } from './token-draft.ts'
import styles from './token-summary.module.css'

/** What a token will let whoever has it do. */
export function TokenSummary({ draft }: { readonly draft: TokenDraft }) {
  const names = (useNamedSources().data ?? []).map(({ name }) => name)
  const sentences = summariseToken(draft, Date.now(), names)
  if (sentences.length === 0) {
    return <p className={styles.nothing}>Choose an API, and this says what the token will open.</p>
  }
  return (
    <ul className={styles.sentences}>
      {sentences.map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  )
}
