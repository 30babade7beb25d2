import type { Admission } from '../../credential/authenticate.ts'
import { AccessError } from '../../errors.ts'
import type { StatementShape } from '../../policy/classify-statement.ts'
import { writtenTables } from '../../policy/written-tables.ts'
import { type RunOptions, runScriptIn } from '../../warehouse/run-statement.ts'
import type { Session } from '../../warehouse/session.ts'
import type { TypeCatalogue } from '../../warehouse/type-catalogue.ts'
import { runSource } from '../run-source.ts'
import type { SurfaceContext } from '../surface.ts'
import { databaseError } from './database-error.ts'
import type { AnswerPlan } from './plan-answer.ts'
import type { ResultWriter } from './result-writer.ts'

/** What became of a plan: its command tag, and why its result is not complete. */
export type Outcome = { readonly tag: string; readonly failure: unknown }

/** How whatever is asked for under this admission may run. */
export function runOptionsFor(
  { limits }: Pick<SurfaceContext, 'limits'>,
  { principal, inFlight }: Admission,
): Omit<RunOptions, 'lane'> {
  const { database, role, kind } = principal
  return {
    key: { database, role },
    deadlineMs: kind === 'master' ? limits.masterStatementTimeoutMs : limits.statementTimeoutMs,
    signal: inFlight.signal,
  }
}

/** The types of the database that is asked, read as the role that asks when they are not known yet. */
export async function getTypes(
  { types, warehouse }: Pick<SurfaceContext, 'types' | 'warehouse'>,
  options: Omit<RunOptions, 'lane'>,
): Promise<TypeCatalogue> {
  const read = (session: Session) => types.read(options.key, session)
  return types.find(options.key) ?? warehouse.run({ ...options, lane: 'own' }, read)
}

/** Runs a plan as its principal's role; its rows go through the writer. Never throws. */
export async function runPlan(
  context: SurfaceContext,
  admission: Admission,
  plan: AnswerPlan,
  writer: ResultWriter,
): Promise<Outcome> {
  const options = runOptionsFor(context, admission)
  const { deadlineMs } = options
  const { session: key, lane } = plan
  const access = { session: key, readOnly: lane === 'reader' }
  try {
    const types = await getTypes(context, { ...options, key })
    const writes = writtenTables(plan.statement)
    const { tag } = await runSource(
      context,
      admission,
      access,
      { lane, deadlineMs, writes },
      (session) => runScriptIn(session, plan.script, () => writer.sink(session, types)),
    )
    if (writer.metUnknownType()) context.types.forget(key)
    return { tag, failure: tooLarge(writer, plan.statement) }
  } catch (error) {
    return { tag: '', failure: writer.stopped() ?? databaseError(error, admission.principal) }
  }
}

/**
 * Why the result of a statement that is complete is not; a statement that writes has then done so,
 * and whoever reads the error must not think otherwise.
 */
function tooLarge(writer: ResultWriter, shape: StatementShape): AccessError | undefined {
  const stopped = writer.stopped()
  if (stopped === undefined) return undefined
  if (shape.understood && shape.statements.every((statement) => statement.reads)) return stopped
  return new AccessError(stopped.code, {
    message: `${stopped.message} The statement itself has been carried out.`,
  })
}
