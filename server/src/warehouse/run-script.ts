import { AccessError } from '../errors.ts'
import type { Completion, ResultSink, Statement } from './session.ts'
import type { WireNotice } from './wire-reader.ts'

/** One statement of a script, as PostgreSQL's own parser has cut it out of the text. */
export type ScriptStatement = {
  readonly text: string
  /** What its parameters stand for; only a statement that is alone has some. */
  readonly values?: NonNullable<Statement['values']>
  /** True for BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their like, and for nothing else. */
  readonly controlsTransaction: boolean
}

/** Statements that a caller has sent as one text. */
export type Script = readonly ScriptStatement[]

/** What a script is run with, by the session that it has for itself. */
type ScriptTurn = {
  /** Runs one statement, in a new transaction of ours where it `begins` one. */
  step(
    statement: ScriptStatement & { readonly begins: boolean },
    sink: ResultSink,
  ): Promise<Completion & { readonly status: string }>
  commit(sink: ResultSink): Promise<Completion>
  /** The session's transactions are READ ONLY: a script must then hold no transaction control. */
  readonly readsOnly: boolean
  /** True when somebody has asked for an end. */
  isStopped(): boolean
}

/**
 * Runs a script as PostgreSQL runs a text of several statements: what stands outside of BEGIN and
 * COMMIT is a transaction of its own up to the next COMMIT or ROLLBACK or to the end, and an error
 * ends all of it. Whatever is still open when it throws is for the caller to roll back.
 */
export async function runScript(
  script: Script,
  sinkOf: (index: number) => ResultSink,
  turn: ScriptTurn,
): Promise<Completion> {
  /** Whose the transaction is that is open: ours or the script's. */
  let open: 'none' | 'ours' | 'theirs' = 'none'
  let sink: ResultSink = {}
  let completion: Completion = { tag: '' }
  for (const [index, statement] of script.entries()) {
    // What begins a transaction can make it READ WRITE.
    if (turn.readsOnly && statement.controlsTransaction) throw changedTransaction()
    if (turn.isStopped()) throw new AccessError('statement_timed_out')
    sink = sinkOf(index)
    const begins = open === 'none' && !statement.controlsTransaction
    const { tag, status } = await turn.step(
      { ...statement, begins },
      open === 'ours' && statement.controlsTransaction ? withoutRemarkOnOurs(sink) : sink,
    )
    completion = { tag }
    if (status === 'I') open = 'none'
    else if (begins) open = 'ours'
    else if (statement.controlsTransaction && beginTag.test(tag)) open = 'theirs'
  }
  if (open === 'theirs') throw new AccessError('transaction_left_open')
  if (turn.isStopped()) throw new AccessError('statement_timed_out')
  // What is checked only now can still fail.
  if (open === 'ours') {
    const { tag } = await turn.commit(sink.notice === undefined ? {} : { notice: sink.notice })
    if (tag !== 'COMMIT') throw changedTransaction()
  }
  return completion
}

const beginTag = /^(BEGIN|START TRANSACTION)$/

/** PostgreSQL's remark that a transaction is open already: of ours the script knows nothing. */
const activeTransaction = '25001'

function withoutRemarkOnOurs(sink: ResultSink): ResultSink {
  return {
    ...sink,
    notice(notice: WireNotice) {
      if (notice.sqlstate !== activeTransaction) sink.notice?.(notice)
    },
  }
}

function changedTransaction(): AccessError {
  return new AccessError('statement_not_allowed', {
    message: 'The statement changed its transaction, which is not available here.',
  })
}
