import type { Session, Statement } from '../src/warehouse/session.ts'
import type { WireColumn, WireNotice } from '../src/warehouse/wire-reader.ts'

/** Everything that a statement gave, as text. */
export type Result = {
  readonly tag: string
  readonly columns: readonly WireColumn[]
  readonly rows: readonly (readonly (string | null)[])[]
  readonly notices: readonly WireNotice[]
}

/** Runs a statement and collects what it gives. The session may still have to settle. */
export async function runInSession(
  session: Session,
  statement: string | Statement,
): Promise<Result> {
  let columns: WireColumn[] = []
  const rows: (string | null)[][] = []
  const notices: WireNotice[] = []
  const { tag } = await session.run(
    typeof statement === 'string' ? { text: statement } : statement,
    {
      columns: (described) => {
        columns = described
      },
      row: (buffer, offset, columnCount) => rows.push(readRow(buffer, offset, columnCount)),
      notice: (notice) => notices.push(notice),
    },
  )
  return { tag, columns, rows, notices }
}

/** Runs a statement whatever becomes of it, and says whether the session can be used again. */
export async function attemptInSession(
  session: Session,
  statement: string | Statement,
): Promise<{ failure: unknown; isClean: boolean }> {
  const failure = await runInSession(session, statement).then(
    () => undefined,
    (error: unknown) => error,
  )
  return { failure, isClean: await session.settled() }
}

/** The first value that a statement gives. */
export async function readInSession(session: Session, text: string): Promise<string | null> {
  const { rows } = await runInSession(session, text)
  await session.settled()
  return rows[0]?.[0] ?? null
}

/** The values of a DataRow in PostgreSQL's text format. */
export function readRow(buffer: Buffer, offset: number, columnCount: number): (string | null)[] {
  const values: (string | null)[] = []
  let position = offset
  for (let index = 0; index < columnCount; index += 1) {
    const length = buffer.readInt32BE(position)
    position += 4
    values.push(length < 0 ? null : buffer.toString('utf8', position, position + length))
    position += Math.max(length, 0)
  }
  return values
}
