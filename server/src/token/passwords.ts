import { hash, verify } from '@node-rs/argon2'
import { AccessError } from '../errors.ts'

/** Each takes 19 MB of memory and a core for some 20 ms; more waiting than this nobody sits through. */
const usualBounds = { maxConcurrent: 2, maxWaiting: 50 }

/** Hashes passwords with argon2id, a few at a time: it is made to be expensive. */
export type Passwords = {
  /** Throws sign_in_busy when too many are waiting already. */
  hash(password: string): Promise<string>
  /**
   * Whether the password is the one that was hashed. Without a hash it takes as long and says no, so
   * that nobody can tell by the clock whether there is one. Throws sign_in_busy.
   */
  verify(passwordHash: string | undefined, password: string): Promise<boolean>
}

export function createPasswords(bounds = usualBounds): Passwords {
  let running = 0
  const waiting: (() => void)[] = []
  let nobodys: Promise<string> | undefined

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running < bounds.maxConcurrent) running += 1
    else if (waiting.length >= bounds.maxWaiting) throw new AccessError('sign_in_busy')
    else await new Promise<void>((resume) => waiting.push(resume))
    try {
      return await work()
    } finally {
      // Whoever waits takes over this place; otherwise it is free.
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }

  return {
    hash: (password) => inTurn(() => hash(password)),
    verify: (passwordHash, password) =>
      inTurn(async () => {
        nobodys ??= hash('nobody has this password')
        const matches = await verify(passwordHash ?? (await nobodys), password)
        return matches && passwordHash !== undefined
      }),
  }
}
