import type { Principal } from '../credential/principal.ts'
import { AccessError } from '../errors.ts'
import { bindParameters } from '../policy/bind-parameters.ts'
import { classifyStatement } from '../policy/classify-statement.ts'
import { cutScript } from '../policy/cut-script.ts'
import { decide } from '../policy/decide.ts'
import { decideSource, defaultConnection } from '../policy/decide-source.ts'
import { readQuery } from '../policy/read-query.ts'
import { writtenTables } from '../policy/written-tables.ts'
import type { Script } from '../warehouse/run-script.ts'
import type { RunOptions } from '../warehouse/run-statement.ts'
import type { JobDocument, JobQuery } from './job-document.ts'

/** More than a request may be long: values have been put into a fallback's placeholders. */
const maxSqlBytes = 256 * 1024

/** What a query of a job comes to, and the session that it may have. */
export type JobQueryPlan = Pick<RunOptions, 'key' | 'lane' | 'writes'> & { readonly script: Script }

type PlannedQuery = Pick<JobQuery, 'sql' | 'queryParameters'> & Pick<JobDocument, 'connection'>

/**
 * Decides on a query of a job: asked when the v3 API takes it, and of every job once more when it
 * runs. Throws what the decision says, and invalid_parameter.
 */
export function planJobQuery(principal: Principal, query: PlannedQuery): JobQueryPlan {
  return principal.sourceGrants === undefined
    ? planForKey(principal, query)
    : planForToken(principal, query)
}

function planForKey(
  principal: Principal,
  { sql, connection = defaultConnection, queryParameters }: PlannedQuery,
): JobQueryPlan {
  if (connection !== defaultConnection) throw new AccessError('connection_not_found')
  const { text, values } =
    queryParameters === undefined ? { text: sql, values: [] } : bindParameters(sql, queryParameters)
  const statement = classifyStatement(text, { maxBytes: maxSqlBytes })
  const decision = decide(principal, { surface: 'batch', statement })
  if (!decision.allowed) throw refusal(decision)
  const { database, role } = principal
  return {
    key: { database, role },
    lane: decision.readOnly ? 'reader' : 'caller',
    script: cutScript(text, statement.understood ? statement.statements : [], values),
    writes: writtenTables(statement),
  }
}

/** An access token has jobs of what it may ask at once: they read, and nobody sees the rows. */
function planForToken(
  principal: Principal,
  { sql, connection = defaultConnection, queryParameters }: PlannedQuery,
): JobQueryPlan {
  const decision = decideSource(principal, { api: 'sql', connection, source: readQuery(sql) })
  if (!decision.allowed) throw refusal(decision)
  const { session, statement = '' } = decision.access
  const { text, values } = bindParameters(statement, queryParameters)
  return {
    key: session,
    lane: 'reader',
    script: [{ text, controlsTransaction: false, values }],
    writes: [],
  }
}

function refusal({
  reason,
  message,
}: {
  readonly reason: AccessError['code']
  readonly message?: string
}): AccessError {
  return new AccessError(reason, { ...(message !== undefined && { message }) })
}
