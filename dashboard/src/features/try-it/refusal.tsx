import { Link } from '@tanstack/react-router'
import { ApiError } from '../../client/api-error.ts'
import { useSession } from '../../client/session.ts'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import type { Explanation } from './api/explain-decision.ts'
import { createLinkFor } from './create-link.ts'
import { describeLack } from './describe-lack.ts'
import styles from './refusal.module.css'
import type { TryApi } from './try-request.ts'

/** What was asked for, as far as another credential for it needs to know. */
export type Asked = {
  readonly api: TryApi
  readonly connection: string
  readonly isToken: boolean
  /** Of one's own access token, which can be edited. */
  readonly tokenId: string | undefined
}

/** Why a request was refused, in plain words, and the way to a credential that is allowed it. */
export function Refusal({
  status,
  sentence,
  explanation,
  explanationError,
  asked,
}: {
  readonly status: number
  /** The server's own, as the application would get it. */
  readonly sentence: string
  readonly explanation: Explanation | undefined
  readonly explanationError: unknown
  readonly asked: Asked
}) {
  const told = explanation?.allowed === false ? explanation : undefined
  return (
    <div className={styles.refusal}>
      <Notice tone="danger" title={`Refused with ${status}`}>
        <p>
          The application gets: <q>{sentence}</q>
        </p>
      </Notice>
      {told !== undefined && <Why explanation={told} asked={asked} />}
      {explanation?.allowed === true && (
        <p>
          Nothing is missing among what this credential was granted: what is wrong is in the request
          itself.
        </p>
      )}
      {explanationError !== undefined && (
        <p>
          {explanationError instanceof ApiError
            ? explanationError.message
            : 'What is missing could not be found out.'}
        </p>
      )}
    </div>
  )
}

function Why({ explanation, asked }: { readonly explanation: Explanation; readonly asked: Asked }) {
  const { scopes } = useSession()
  const { missing, needed, notes, sentence } = explanation
  const link = createLinkFor(explanation, asked)
  const isKey = link?.to === '/api-keys/new'
  const mayCreate = scopes.includes(isKey ? 'write:api_keys' : 'write:tokens')
  const makesTables = needed.some(({ what }) => what === 'schema')
  return (
    <section className={styles.why} aria-label="Why it was refused">
      <h3>{missing.length === 0 ? 'Why' : 'What is missing'}</h3>
      {missing.length === 0 ? (
        <p>{sentence}</p>
      ) : (
        <ul className={styles.missing}>
          {missing.map((lack) => (
            <li key={JSON.stringify(lack)}>{describeLack(lack)}</li>
          ))}
        </ul>
      )}
      {missing.some(({ what }) => what === 'referer') && (
        <p className={styles.note}>
          This page sends requests from {location.origin}, and the token may be used from its own
          sites only. On those it may well work: try it there, or make a token for this site.
        </p>
      )}
      {notes.map((note) => (
        <p key={note} className={styles.note}>
          {note}
        </p>
      ))}
      {link !== undefined && mayCreate && (
        <>
          <p>
            {asked.tokenId === undefined
              ? `Make another ${isKey ? 'key' : 'token'} that is allowed just this request`
              : 'Edit the token, or make another one that is allowed just this request'}
            {makesTables && ', and let it make tables in its form'}.
          </p>
          <div className={styles.actions}>
            <Button asChild variant="primary">
              {link.to === '/api-keys/new' ? (
                <Link to={link.to} search={link.search}>
                  Make a key for this
                </Link>
              ) : (
                <Link to={link.to} search={link.search}>
                  Make a token for this
                </Link>
              )}
            </Button>
            {asked.tokenId !== undefined && (
              <Button asChild>
                <Link to="/developers/credentials/tokens/$id" params={{ id: asked.tokenId }}>
                  Edit this token
                </Link>
              </Button>
            )}
          </div>
        </>
      )}
      {link !== undefined && !mayCreate && (
        <p className={styles.note}>Ask an owner or an editor of the account for a credential.</p>
      )}
    </section>
  )
}
