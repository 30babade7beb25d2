import { getRouteApi } from '@tanstack/react-router'
import { Play, Square } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { useSession } from '../../client/session.ts'
import { Button } from '../../ui/button.tsx'
import { Choice } from '../../ui/choice.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { Field } from '../../ui/field.tsx'
import { Fieldset } from '../../ui/fieldset.tsx'
import form from '../../ui/form-layout.module.css'
import { Notice } from '../../ui/notice.tsx'
import { Page } from '../../ui/page.tsx'
import { Section } from '../../ui/section.tsx'
import { Select } from '../../ui/select.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { useConnectionNames } from './api/list-connections.ts'
import { useCredentials } from './api/list-credentials.ts'
import { AttemptResult } from './attempt-result.tsx'
import {
  askedCredential,
  type Credential,
  isAccessToken,
  mayBeUsedFrom,
  pastedId,
} from './credential.ts'
import { CredentialPicker, needsPasting } from './credential-picker.tsx'
import { getToken } from './get-token.ts'
import { keepQuery } from './recent-queries.ts'
import { type SourceKind, SourcePicker } from './source-picker.tsx'
import { requestFor, type TryApi, type TrySource } from './try-request.ts'
import { useAttempt } from './use-attempt.ts'

const route = getRouteApi('/signed-in/try')
const noCredentials: readonly Credential[] = []

/** Sends a request with a credential, as an application would, and shows what comes of it. */
export function TryItPage() {
  const { scopes } = useSession()
  const credentials = useCredentials(scopes)
  return (
    <Page
      title="Try it"
      lead="Send a request with one of your credentials, and see what an application would get: the answer, the map, or what is missing."
    >
      {credentials.isPending ? (
        <Section>
          <Skeleton lines={8} />
        </Section>
      ) : credentials.isError ? (
        <ErrorState error={credentials.error} onRetry={() => void credentials.refetch()} />
      ) : (
        <TryIt credentials={credentials.data ?? noCredentials} />
      )}
    </Page>
  )
}

type Problems = { readonly token?: string; readonly sql?: string; readonly table?: string }

function TryIt({ credentials }: { readonly credentials: readonly Credential[] }) {
  const { account } = useSession()
  const given = route.useSearch()
  const [chosen, setChosen] = useState(() => firstOf(credentials, given.credential))
  const [pasted, setPasted] = useState('')
  const [api, setApi] = useState<TryApi>('sql')
  const [chosenConnection, setConnection] = useState('default')
  const [kind, setKind] = useState<SourceKind>(given.table === undefined ? 'query' : 'table')
  const [sql, setSql] = useState(given.sql ?? '')
  const [table, setTable] = useState(given.table ?? '')
  const [problems, setProblems] = useState<Problems>({})
  const { state, start, cancel, fail } = useAttempt()
  const credential = credentials.find(({ id }) => id === chosen)
  const isToken =
    credential === undefined ? isAccessToken(pasted) : credential.kind === 'access_token'
  const tokenId = credential?.kind === 'access_token' ? credential.tokenId : undefined
  // API keys are on the account's own database.
  const connection = isToken ? chosenConnection : 'default'
  const isRunning = state.kind === 'running'

  const run = async () => {
    const source: TrySource = kind === 'table' ? { table: table.trim() } : { query: sql }
    const found: Problems = {
      ...(needsPasting(credential) && pasted.trim() === '' && { token: 'Paste a token first.' }),
      ...(kind === 'query' && sql.trim() === '' && { sql: 'Write what to ask for.' }),
      ...(kind === 'table' && table.trim() === '' && { table: 'Name a table.' }),
    }
    setProblems(found)
    if (Object.keys(found).length > 0) return
    let token: string
    try {
      token = await getToken(credential, pasted.trim())
    } catch (error) {
      fail(error)
      return
    }
    if (kind === 'query') keepQuery(sql)
    const attempt = { account, token, api, connection, source }
    await start(requestFor(attempt), {
      credential: askedCredential(needsPasting(credential) ? undefined : credential, token),
      api,
      connection,
      source,
      origin: location.origin,
    })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void run()
  }
  return (
    <>
      <Section title="Request">
        <form className={form.form} onSubmit={submit} noValidate>
          <CredentialPicker
            credentials={credentials}
            chosen={chosen}
            onChoose={setChosen}
            pasted={pasted}
            onPaste={setPasted}
            pasteError={problems.token}
          />
          <SiteNotice credential={credential} />
          <Fieldset legend="API">
            <Choice
              type="radio"
              name="api"
              label="SQL API"
              hint="Rows."
              checked={api === 'sql'}
              onChange={() => setApi('sql')}
            />
            <Choice
              type="radio"
              name="api"
              label="Maps API"
              hint="A map of a table, or of a query with a geometry."
              checked={api === 'maps'}
              onChange={() => setApi('maps')}
            />
          </Fieldset>
          <ConnectionField isToken={isToken} value={connection} onChange={setConnection} />
          <SourcePicker
            kind={kind}
            onKind={setKind}
            sql={sql}
            onSql={setSql}
            sqlError={problems.sql}
            table={table}
            onTable={setTable}
            tableError={problems.table}
            connection={connection}
            onRun={() => void run()}
          />
          <div className={form.row}>
            <Button type="submit" variant="primary" busy={isRunning}>
              {!isRunning && <Play aria-hidden="true" />}
              {isRunning ? 'Sending' : 'Send the request'}
            </Button>
            {isRunning && (
              <Button onClick={cancel}>
                <Square aria-hidden="true" />
                Cancel
              </Button>
            )}
          </div>
        </form>
      </Section>
      <AttemptResult state={state} asked={{ api, connection, isToken, tokenId }} />
    </>
  )
}

/** Whichever the address names, else the first key that was made for an application. */
function firstOf(credentials: readonly Credential[], named: string | undefined): string {
  const first =
    credentials.find(({ id, name }) => id === named || name === named) ??
    credentials.find((one) => one.kind === 'api_key' && one.type === 'regular') ??
    credentials.find((one) => one.kind === 'api_key' && one.type === 'default')
  return first?.id ?? pastedId
}

function SiteNotice({ credential }: { readonly credential: Credential | undefined }) {
  if (credential?.kind !== 'access_token') return null
  const { referers } = credential
  if (mayBeUsedFrom(referers, location.origin)) return null
  return (
    <Notice tone="warning" title="This token is for other sites">
      <p>
        It may be used from {referers.join(', ')}. A browser says where a request comes from, and
        here that is {location.origin}: so it is refused here even where it works on its own site.
      </p>
    </Notice>
  )
}

/** Of access tokens, which can be for several connections. */
function ConnectionField({
  isToken,
  value,
  onChange,
}: {
  readonly isToken: boolean
  readonly value: string
  readonly onChange: (connection: string) => void
}) {
  const { data: names = [] } = useConnectionNames()
  if (!isToken || names.length < 2) return null
  return (
    <Field label="Connection">
      {(control) => (
        <Select value={value} onChange={(event) => onChange(event.target.value)} {...control}>
          {names.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </Select>
      )}
    </Field>
  )
}
