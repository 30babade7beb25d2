/** What must be undone before the process may end, however it ends. */
export type Cleanup = {
  /** Remembers an undoing; the last one remembered is done first. */
  add(undo: () => Promise<void>): void
  /** Undoes everything, once. One that fails does not keep the others from being done. */
  run(): Promise<void>
}

export function createCleanup(onFailure: (error: unknown) => void): Cleanup {
  const undoings: (() => Promise<void>)[] = []
  let running: Promise<void> | undefined

  async function undoAll(): Promise<void> {
    for (let undo = undoings.pop(); undo !== undefined; undo = undoings.pop()) {
      await undo().catch(onFailure)
    }
  }

  return {
    add: (undo) => undoings.push(undo),
    run() {
      running ??= undoAll()
      return running
    },
  }
}
