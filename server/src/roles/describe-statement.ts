import type { Connection, Submittable } from 'pg'
import { sqlstateOf } from '../store/database.ts'
import type { Admin } from './admin.ts'

/** What PostgreSQL makes of a statement: what it would answer with, or what is against it. */
export type StatementDescription =
  | {
      readonly ok: true
      readonly columns: readonly { readonly name: string; readonly type: string }[]
      /** The types of `$1`, `$2` and so on. */
      readonly parameterTypes: readonly string[]
    }
  | {
      readonly ok: false
      readonly message: string
      /** In characters of the statement, from 1; absent where PostgreSQL names no place. */
      readonly position?: number
    }

type Described = {
  readonly columns: readonly {
    readonly name: string
    readonly oid: number
    readonly modifier: number
  }[]
  readonly parameterOids: readonly number[]
}

/**
 * Has PostgreSQL say what a statement means to a role that is to run it. The statement is one SELECT
 * with numbered parameters; it is parsed in a session that logged in as the role, and not run.
 * Throws when the role cannot log in.
 */
export function describeStatement(
  admin: Admin,
  login: { readonly database: string; readonly role: string; readonly password: string },
  statement: string,
): Promise<StatementDescription> {
  return admin.logInAs(login, async (session): Promise<StatementDescription> => {
    let described: Described
    try {
      described = await new Promise((resolve, reject) => {
        // A pool that gets no session says so by its promise, and to the exchange nothing.
        Promise.resolve(session.query(parseAndDescribe(statement, resolve, reject))).catch(reject)
      })
    } catch (error) {
      if (sqlstateOf(error) === undefined) throw error
      const { message, position } = error as Error & { position?: string }
      return { ok: false, message, ...(position !== undefined && { position: Number(position) }) }
    }
    const { columns, parameterOids } = described
    const { rows } = await session.query<{ types: string[] }>(
      `select pg_catalog.array_agg(
         pg_catalog.format_type(($1::pg_catalog.oid[])[n], ($2::pg_catalog.int4[])[n]) order by n
       ) as types
       from pg_catalog.generate_subscripts($1::pg_catalog.oid[], 1) as n`,
      [
        [...columns.map(({ oid }) => oid), ...parameterOids],
        [...columns.map(({ modifier }) => modifier), ...parameterOids.map(() => -1)],
      ],
    )
    const types = rows[0]?.types ?? []
    return {
      ok: true,
      columns: columns.map(({ name }, index) => ({ name, type: types[index] ?? 'unknown' })),
      parameterTypes: types.slice(columns.length),
    }
  })
}

/** What pg sends for us, and the answers that it hands on. */
type Exchange = Submittable & {
  callback?: (error?: Error) => void
  handleRowDescription(message: { readonly fields: readonly WireField[] }): void
  handleReadyForQuery(): void
  handleError(error: Error): void
}

type WireField = {
  readonly name: string
  readonly dataTypeID: number
  readonly dataTypeModifier: number
}

/** Parse and Describe without Bind and Execute: pg has no call for a statement that is not run. */
function parseAndDescribe(
  text: string,
  resolve: (described: Described) => void,
  reject: (error: Error) => void,
): Exchange {
  let columns: Described['columns'] = []
  let parameterOids: readonly number[] = []
  return {
    submit(connection: Connection) {
      connection.once(
        'parameterDescription',
        (message: { readonly dataTypeIDs: readonly number[] }) => {
          parameterOids = message.dataTypeIDs
        },
      )
      connection.parse({ name: '', text, types: [] }, true)
      connection.describe({ type: 'S', name: '' }, true)
      connection.sync()
    },
    handleRowDescription({ fields }) {
      columns = fields.map(({ name, dataTypeID: oid, dataTypeModifier: modifier }) => ({
        name,
        oid,
        modifier,
      }))
    },
    handleReadyForQuery() {
      // The pool takes its client back by this, as pg's own queries have it.
      this.callback?.()
      resolve({ columns, parameterOids })
    },
    handleError(error) {
      this.callback?.(error)
      reject(error)
    },
  }
}
