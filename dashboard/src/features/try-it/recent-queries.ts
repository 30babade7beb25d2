import { useSyncExternalStore } from 'react'

/** The most that are kept. */
const maxQueries = 10

let queries: readonly string[] = []
const listeners = new Set<() => void>()

/** Keeps a query, the newest first, for as long as this page of the browser is open, and nowhere else. */
export function keepQuery(sql: string): void {
  queries = [sql, ...queries.filter((one) => one !== sql)].slice(0, maxQueries)
  for (const listener of listeners) listener()
}

/** The queries that were tried since the page was opened. */
export function useRecentQueries(): readonly string[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => queries,
  )
}
