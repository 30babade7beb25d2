/** Generous: it is spent only where something is wrong, and machines can be busy with other things. */
const patienceMs = 60_000

/**
 * Resolves when `check` no longer throws or rejects; after a while throws what it threw last. Unlike
 * `vi.waitFor` it leaves fake timers alone.
 */
export async function until(check: () => void | Promise<void>): Promise<void> {
  const giveUpAt = performance.now() + patienceMs
  for (;;) {
    try {
      await check()
      return
    } catch (error) {
      if (performance.now() > giveUpAt) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
