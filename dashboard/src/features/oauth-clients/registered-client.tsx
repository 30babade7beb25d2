import { serverAddress } from '../../client/server-address.ts'
import { Button } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import form from '../../ui/form-layout.module.css'
import { Notice } from '../../ui/notice.tsx'
import type { RegisteredOAuthClient } from './api/create-oauth-client.ts'

/** What a client has to be told, its secret among it, which is shown this once. */
export function RegisteredClient({
  client,
  onDone,
}: {
  readonly client: RegisteredOAuthClient
  readonly onDone: () => void
}) {
  const { client_id: id, client_secret: secret } = client
  return (
    <div className={form.form}>
      <div>
        <h3>Client id</h3>
        <CodeBlock code={id} label="client id" />
      </div>
      {secret === undefined ? (
        <p>
          An application in browsers has no secret. It sends people to{' '}
          <code>{serverAddress}/oauth/authorize</code> with PKCE (S256).
        </p>
      ) : (
        <>
          <Notice tone="warning" title="The secret is shown this once">
            <p>Copy it now, and keep it where the program reads its secrets.</p>
          </Notice>
          <div>
            <h3>Client secret</h3>
            <CodeBlock code={secret} label="client secret" />
          </div>
          <div>
            <h3>How the program gets a token</h3>
            <CodeBlock
              code={`curl ${serverAddress}/oauth/token \\\n  -d grant_type=client_credentials \\\n  -d client_id=${id} \\\n  -d client_secret="$CLIENT_SECRET"`}
              label="curl code"
            />
          </div>
        </>
      )}
      <div className={form.row}>
        <Button variant="primary" onClick={onDone}>
          Done
        </Button>
      </div>
    </div>
  )
}
