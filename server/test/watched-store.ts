import type { Database } from '../src/store/database.ts'

/** A database whose statements a test can count, hold back, or have fail. */
export type WatchedStore = {
  readonly store: Database
  /** How many statements were sent since the last call. */
  count(): number
  /**
   * Answers to statements that are sent from now on, and match, arrive, but are not handed over
   * until the returned function is called.
   */
  hold(matching?: RegExp): () => void
  /** Resolves when the answer to a held statement has arrived. */
  held(): Promise<void>
  /** Statements fail with this from now on; with undefined they work again. */
  fail(error: Error | undefined): void
}

export function watchStore(database: Database): WatchedStore {
  let sent = 0
  let failure: Error | undefined
  let released: Promise<void> | undefined
  let heldText = /^/
  let arrived = () => {}
  let arrival = Promise.resolve()

  async function query(...args: Parameters<Database['query']>): Promise<unknown> {
    sent += 1
    const isHeld = heldText.test(textOf(args[0]))
    const gate = isHeld ? released : undefined
    const announce = isHeld ? arrived : () => {}
    if (failure !== undefined) throw failure
    const result = await database.query(...args)
    announce()
    await gate
    return result
  }

  return {
    store: Object.create(database, { query: { value: query } }),
    count() {
      const count = sent
      sent = 0
      return count
    },
    hold(matching = /^/) {
      heldText = matching
      let release = () => {}
      released = new Promise((resolve) => {
        release = resolve
      })
      arrival = new Promise((resolve) => {
        arrived = resolve
      })
      return () => {
        released = undefined
        release()
      }
    },
    held: () => arrival,
    fail(error) {
      failure = error
    },
  }
}

function textOf(statement: unknown): string {
  return typeof statement === 'string' ? statement : (statement as { text: string }).text
}
