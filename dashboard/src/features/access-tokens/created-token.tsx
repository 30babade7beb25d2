import { Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import { Button } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import form from '../../ui/form-layout.module.css'
import { Notice } from '../../ui/notice.tsx'
import { Page } from '../../ui/page.tsx'
import { Section } from '../../ui/section.tsx'
import type { AccessToken } from './api/access-token.ts'
import { useAccessToken } from './api/get-access-token.ts'
import { draftOf } from './token-draft.ts'
import { TokenSummary } from './token-summary.tsx'
import { TokenUsageSnippets } from './token-usage-snippets.tsx'

/** A token that was just made: to be copied, and how it is used. */
export function CreatedToken({ token }: { readonly token: AccessToken }) {
  // An account can have it that tokens are shown this once.
  const { data: later } = useAccessToken(token.id)
  // It comes in the place of a long form, of which the end was in sight.
  useEffect(() => {
    window.scrollTo(0, 0)
    document.getElementById('main')?.focus({ preventScroll: true })
  }, [])
  return (
    <Page title={`${token.name} is ready`} lead="The token works from now on.">
      <Section title="Token">
        {later?.token === null && (
          <Notice tone="warning" title="This is the only time that the token is shown">
            <p>Copy it now. This account keeps tokens in a form that cannot be shown again.</p>
          </Notice>
        )}
        {token.token !== null && <CodeBlock code={token.token} label="token" />}
        {(token.notes ?? []).map((note) => (
          <Notice key={note}>
            <p>{note}</p>
          </Notice>
        ))}
      </Section>
      <Section title="Use it">
        <TokenUsageSnippets token={token} withSecret />
      </Section>
      <Section title="What it does">
        <TokenSummary draft={draftOf(token)} />
      </Section>
      <div className={form.row}>
        <Button variant="primary" asChild>
          <Link to="/developers/credentials/tokens">Done</Link>
        </Button>
        <Button asChild>
          <Link to="/developers/credentials/tokens/$id" params={{ id: token.id }}>
            Open its page
          </Link>
        </Button>
      </div>
    </Page>
  )
}
