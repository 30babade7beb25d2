import { expect } from 'vitest'

/** The APIs, by the shape of their errors. */
export type SurfaceName = 'sql' | 'maps' | 'keys'

type Answered = { readonly status: number | undefined; readonly body: string }

/** What an answer must never hold: frames of a stack, our files, our names in the database. */
const innards =
  /\n\s+at |\.[jt]s:\d+|node_modules|FST_ERR|<html|<pre|postern_[a-z0-9]+_|\/tmp\/|pg_catalog\.|json_build|_postern\b/i

/** Expects nothing of the inside in an answer. */
export function expectNoInnards(body: string): void {
  expect(body).not.toMatch(innards)
}

/** Expects the error of a surface: its status, its one shape, and nothing of the inside. */
export function expectSurfaceError(
  surface: SurfaceName,
  answer: Answered,
  status: number | readonly number[],
  sentence?: string | RegExp,
): void {
  const context = `${answer.status} ${answer.body.slice(0, 500)}`
  expect([status].flat(), context).toContain(answer.status)
  expectNoInnards(answer.body)
  if (surface === 'keys' && answer.status === 401) {
    expect(answer.body).toBe('')
    return
  }
  const said = readSentence(surface, answer)
  if (typeof sentence === 'string') expect(said).toBe(sentence)
  else expect(said).toMatch(sentence ?? /./)
}

/** Reads the sentence of an error, and expects that nothing stands beside it that should not. */
function readSentence(surface: SurfaceName, { status, body }: Answered): string {
  const parsed = JSON.parse(body) as Record<string, unknown>
  switch (surface) {
    case 'sql': {
      const { error, context, detail, hint, ...more } = parsed
      expect(more).toEqual({})
      expect(error).toEqual([expect.any(String)])
      return String((error as [string])[0])
    }
    case 'maps':
      expect(parsed).toEqual({ error: expect.any(String), status })
      return String(parsed.error)
    case 'keys':
      expect(Object.keys(parsed)).toEqual(['errors', 'errors_cause'])
      expect(parsed.errors).toEqual(expect.any(String))
      // A text only where there is more to say about a limit.
      expect(['object', 'string']).toContain(typeof parsed.errors_cause)
      return String(parsed.errors)
  }
}
