/** For so long a condition may take to come true, on a machine that is busy with other things. */
const limitMs = 60_000

/** Asks until there is an answer. Throws when there is none in time. */
export async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (const endsAt = Date.now() + limitMs; ; ) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > endsAt) throw new Error(`Nothing came of it in ${limitMs} ms.`)
    await new Promise((done) => setTimeout(done, 20))
  }
}
