import { useEffect, useState } from 'react'
import { ApiError } from '../../client/api-error.ts'

/** For how many more seconds the server wants nobody to try again, counted down from its refusal. */
export function useWait(refusal: unknown): number {
  const seconds = refusal instanceof ApiError ? (refusal.retryAfterSeconds ?? 0) : 0
  const [left, setLeft] = useState({ refusal, seconds })
  // Another refusal begins anew.
  const now = left.refusal === refusal ? left : { refusal, seconds }
  useEffect(() => {
    if (now.seconds === 0) return
    const timer = setTimeout(() => setLeft({ refusal, seconds: now.seconds - 1 }), 1_000)
    return () => clearTimeout(timer)
  }, [refusal, now.seconds])
  return now.seconds
}
