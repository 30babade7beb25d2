import { serialize } from 'pg-protocol'

export type Statement = {
  readonly text: string
  readonly values?: readonly (string | number | null)[]
  /** Ask for binary values instead of text. */
  readonly binary?: boolean
  /** Only for our own SQL on sessions that no caller's SQL ever runs on: prepare once, by this name. */
  readonly name?: string
}

/** More statements than these are not kept: each costs the backend memory for as long as it lives. */
const maxPreparedStatements = 200

export const commit = serialize.query('commit')
export const rollback = serialize.query('rollback')
export const discardAll = serialize.query('discard all')
export const sync = serialize.sync()
const describePortal = serialize.describe({ type: 'P', name: '' })
const executePortal = serialize.execute({ portal: '', rows: 0 })
const bindUnnamed = serialize.bind({ portal: '', statement: '', values: [] })
/** It has no sync: where it fails, by a cancel for one, what follows is not run either. */
export const begin = Buffer.concat([serialize.parse({ text: 'begin' }), bindUnnamed, executePortal])

/** The name that a statement is prepared by in this session; empty: by none. */
export function nameToKeep({ name = '' }: Statement, prepared: ReadonlySet<string>): string {
  return prepared.has(name) || prepared.size < maxPreparedStatements ? name : ''
}

/** One statement by the extended protocol, which takes no text of several, up to its sync. */
export function statementMessages(
  { text, values = [], binary = false }: Statement,
  as: {
    readonly name: string
    readonly isPrepared: boolean
    /** Whether anybody wants to know what the columns are. */
    readonly describes: boolean
  },
): Buffer[] {
  const { name, isPrepared, describes } = as
  const messages: Buffer[] = []
  if (!isPrepared) {
    // Closing what does not exist is no error; what a failed run left behind has to make way.
    if (name !== '') messages.push(serialize.close({ type: 'S', name }))
    messages.push(serialize.parse({ text, name }))
  }
  const isPlain = name === '' && values.length === 0 && !binary
  messages.push(
    isPlain
      ? bindUnnamed
      : serialize.bind({
          statement: name,
          values: values.map((value) => (value === null ? null : String(value))),
          binary,
        }),
  )
  if (describes) messages.push(describePortal)
  messages.push(executePortal, sync)
  return messages
}

/**
 * A statement without its sync, which may come only after the data that it takes. The flush makes
 * sure that PostgreSQL answers at once, whatever the statement turns out to be.
 */
export function unsyncedMessages(text: string): Buffer[] {
  return [serialize.parse({ text }), bindUnnamed, executePortal, serialize.flush()]
}
