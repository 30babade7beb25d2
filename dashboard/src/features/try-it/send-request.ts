import { basePath } from '../../client/base-path.ts'
import { maxAnswerBytes } from './read-answer.ts'
import type { HttpRequest } from './try-request.ts'

/** What the server answered, as it was. */
export type Answer = {
  readonly status: number
  /** Of a refusal: its code. */
  readonly code: string | undefined
  /** JSON, where it is; otherwise text. */
  readonly body: unknown
  readonly bytes: number
  readonly durationMs: number
}

/**
 * Sends a request as an application would: with the credential that is tried and without the cookie of
 * whoever is signed in, so that their session lends nothing. Throws when it is cancelled, when the server
 * cannot be reached, and when the answer is too large for a page.
 */
export async function sendRequest(
  { method, path, headers, body }: HttpRequest,
  signal: AbortSignal,
): Promise<Answer> {
  const startedAt = performance.now()
  const response = await fetch(`${basePath}${path}`, {
    method,
    headers,
    signal,
    credentials: 'omit',
    cache: 'no-store',
    ...(body !== undefined && { body }),
  })
  const { text, bytes } = await readText(response)
  return {
    status: response.status,
    code: response.headers.get('postern-error') ?? undefined,
    body: parse(text),
    bytes,
    durationMs: performance.now() - startedAt,
  }
}

async function readText(response: Response): Promise<{ text: string; bytes: number }> {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  while (reader !== undefined) {
    const { done, value } = await reader.read()
    if (done) break
    bytes += value.length
    if (bytes > maxAnswerBytes) {
      await reader.cancel()
      throw new Error(
        'The answer is too large to be shown here. Ask for fewer rows, for example with LIMIT, or use curl.',
      )
    }
    text += decoder.decode(value, { stream: true })
  }
  return { text: text + decoder.decode(), bytes }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
