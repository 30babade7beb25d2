import { basePath } from '../../client/base-path.ts'
import { CodeBlock } from '../../ui/code-block.tsx'
import styles from './curl-block.module.css'
import { curlOf, type HttpRequest } from './try-request.ts'

/** The request as a line for a shell. The token is not shown, and is in what is copied. */
export function CurlBlock({ request }: { readonly request: HttpRequest }) {
  const origin = `${location.origin}${basePath}`
  const authorization = request.headers.authorization ?? ''
  const shown = { ...request.headers, authorization: authorization.replace(/ .*/, ' ••••••••') }
  return (
    <div className={styles.curl}>
      <h3>The same with curl</h3>
      <CodeBlock
        label="curl command"
        code={curlOf(request, origin)}
        shown={curlOf({ ...request, headers: shown }, origin)}
      />
    </div>
  )
}
