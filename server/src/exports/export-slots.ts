import { AccessError } from '../errors.ts'

/** Bounds how many exports there are at a time, so that neither disk nor processors run out. */
export type ExportSlots = {
  /** Takes a slot until the returned function is called. Throws exports_busy when there is none. */
  take(accountId: string): () => void
}

export function createExportSlots(limits: {
  readonly maxTotal: number
  /** Below the total, so that one account leaves room for others. */
  readonly maxPerAccount: number
}): ExportSlots {
  const perAccount = new Map<string, number>()
  let total = 0
  return {
    take(accountId) {
      const own = perAccount.get(accountId) ?? 0
      if (total >= limits.maxTotal || own >= limits.maxPerAccount) {
        throw new AccessError('exports_busy')
      }
      total += 1
      perAccount.set(accountId, own + 1)
      let isTaken = true
      return () => {
        if (!isTaken) return
        isTaken = false
        total -= 1
        const left = (perAccount.get(accountId) ?? 1) - 1
        if (left === 0) perAccount.delete(accountId)
        else perAccount.set(accountId, left)
      }
    },
  }
}
