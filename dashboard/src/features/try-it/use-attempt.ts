import { useCallback, useEffect, useRef, useState } from 'react'
import { type DecisionRequest, type Explanation, explainDecision } from './api/explain-decision.ts'
import { type Answer, sendRequest } from './send-request.ts'
import type { HttpRequest } from './try-request.ts'

/** How far a request that is tried has come. */
export type AttemptState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly error: unknown }
  | {
      readonly kind: 'answered'
      readonly request: HttpRequest
      readonly answer: Answer
      /** Of a refusal: what the server says of it when it is asked, or why it could not be asked. */
      readonly explanation?: Explanation
      readonly explanationError?: unknown
    }

/** Refusals that are about how much, or about the server, and not about what is granted. */
const otherStatuses = [408, 413, 429]

/** Sends requests one at a time, and has refusals explained. */
export function useAttempt() {
  const [state, setState] = useState<AttemptState>({ kind: 'idle' })
  const running = useRef<AbortController>(undefined)
  const cancel = useCallback(() => running.current?.abort(), [])
  useEffect(() => cancel, [cancel])

  const start = useCallback(
    async (request: HttpRequest, asked: DecisionRequest) => {
      cancel()
      const controller = new AbortController()
      running.current = controller
      const { signal } = controller
      setState({ kind: 'running' })
      try {
        const answer = await sendRequest(request, signal)
        const explained = await explain(answer, asked)
        if (!signal.aborted) setState({ kind: 'answered', request, answer, ...explained })
      } catch (error) {
        if (running.current !== controller) return
        setState(signal.aborted ? { kind: 'cancelled' } : { kind: 'failed', error })
      }
    },
    [cancel],
  )
  /** What could not even be sent. */
  const fail = useCallback((error: unknown) => setState({ kind: 'failed', error }), [])
  return { state, start, cancel, fail }
}

async function explain(
  { status }: Answer,
  asked: DecisionRequest,
): Promise<{ explanation?: Explanation; explanationError?: unknown }> {
  if (status < 400 || status >= 500 || otherStatuses.includes(status)) return {}
  try {
    return { explanation: await explainDecision(asked) }
  } catch (explanationError) {
    return { explanationError }
  }
}
