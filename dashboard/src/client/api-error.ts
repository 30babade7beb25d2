/** An answer that is an error, in whichever shape its surface has. */
export class ApiError extends Error {
  readonly status: number
  /** A code of the server's table of errors, from the header `Postern-Error`. */
  readonly code: string | undefined
  /** For how many seconds not to try again, where the server says so. */
  readonly retryAfterSeconds: number | undefined
  /** The whole body, for what else it says. */
  readonly body: unknown

  constructor(message: string, response: Pick<Response, 'status' | 'headers'>, body: unknown) {
    super(message)
    this.name = 'ApiError'
    this.status = response.status
    this.code = response.headers.get('postern-error') ?? undefined
    const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
    this.retryAfterSeconds = Number.isFinite(retryAfter) ? retryAfter : undefined
    this.body = body
  }
}

/** Reads an error of any surface: v3 says `error`, the classic ones `errors` or `error` as a list. */
export async function readApiError(response: Response): Promise<ApiError> {
  const text = await response.text()
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    body = text
  }
  return new ApiError(sentenceIn(body) ?? `The server answered ${response.status}.`, response, body)
}

function sentenceIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const { error, errors } = body as { error?: unknown; errors?: unknown }
  for (const said of [error, errors].flat()) {
    if (typeof said === 'string' && said !== '') return said
  }
  return undefined
}
