import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { type RawRequest, sendRaw } from './raw-request.ts'
import type { Answer } from './requests.ts'

/** How to ask. Tokens stand in braces by their names. */
export type Way = {
  /** What stands before the surface's own path; `/user/demo` if nothing is said. */
  readonly path?: string
  readonly host?: string
  readonly authorization?: string | readonly string[]
  readonly query?: string
  /** One more header: `Name: value`. */
  readonly header?: string
  readonly json?: Readonly<Record<string, unknown>>
  readonly form?: string
  readonly multipart?: Readonly<Record<string, string>>
}

/** A way to ask, and who the answer is for on SQL, Auth and Maps, or the status of the refusal. */
export type Row = Way & { readonly way: string; readonly who: readonly string[] }

/** The default public key, where the Auth API, which asks for a key, answers 401. */
export const asPublic: readonly string[] = ['demo public', '401', 'demo public']

/** Reads `credentials.yaml`. */
export function readWays(): {
  readonly rows: (section: string) => Row[]
  readonly texts: (section: string) => string[]
} {
  const file = readFileSync(new URL('../credentials.yaml', import.meta.url), 'utf8')
  const sections = parse(file) as Record<string, unknown>
  const list = (section: string) => {
    const found = sections[section]
    if (!Array.isArray(found)) throw new Error(`credentials.yaml has no section '${section}'.`)
    return found
  }
  return {
    rows: (section) => list(section).map((row) => ({ ...row, who: outcome(row.who) })),
    texts: (section) => list(section).map(String),
  }
}

function outcome(who: unknown): readonly string[] {
  if (who === 'public') return asPublic
  const cells = Array.isArray(who) ? who : [who, who, who]
  return cells.map(String)
}

/** Asks the server on this port in a way, for one of the surfaces. */
export function askIn(
  port: number,
  way: Way,
  tokens: Readonly<Record<string, string>>,
  surface: string,
  parameters: Readonly<Record<string, string>>,
): Promise<Answer> {
  const { path = '/user/demo', host, authorization = [], query = '', header } = way
  const body = bodyOf(way, tokens, parameters)
  const own = body === undefined ? new URLSearchParams(parameters).toString() : ''
  const search = [own, fill(query, tokens, encodeURIComponent)].filter((part) => part !== '')
  const [name = '', value = ''] = header?.split(/: (.*)/) ?? []
  const request: RawRequest = {
    method: body === undefined ? 'GET' : 'POST',
    path: `${path}${surface}?${search.join('&')}`,
    headers: [
      ...(host === undefined ? [] : ['Host', host]),
      ...[authorization].flat().flatMap((text) => ['Authorization', fill(text, tokens)]),
      ...(header === undefined ? [] : [name, fill(value, tokens)]),
      ...(body === undefined ? [] : ['Content-Type', body.type]),
    ],
    ...(body !== undefined && { body: body.text }),
  }
  return sendRaw(port, request)
}

/** Whether a way sends a body, and so cannot only read. */
export function hasBody({ json, form, multipart }: Way): boolean {
  return json !== undefined || form !== undefined || multipart !== undefined
}

function bodyOf(
  { json, form, multipart }: Way,
  tokens: Readonly<Record<string, string>>,
  parameters: Readonly<Record<string, string>>,
): { type: string; text: string } | undefined {
  if (json !== undefined) {
    const text = fill(JSON.stringify({ ...parameters, ...json }), tokens)
    return { type: 'application/json', text }
  }
  if (form !== undefined) {
    const text = `${new URLSearchParams(parameters)}&${fill(form, tokens, encodeURIComponent)}`
    return { type: 'application/x-www-form-urlencoded', text }
  }
  if (multipart !== undefined) {
    const parts = Object.entries({ ...parameters, ...multipart }).map(
      ([name, value]) =>
        `--limit\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${fill(value, tokens)}\r\n`,
    )
    return { type: 'multipart/form-data; boundary=limit', text: `${parts.join('')}--limit--\r\n` }
  }
  return undefined
}

/** Puts tokens in the place of their names in braces; `{user:name}` becomes Base64. */
function fill(
  text: string,
  tokens: Readonly<Record<string, string>>,
  encode: (token: string) => string = (token) => token,
): string {
  return text.replace(/\{([^{}"]*)\}/g, (whole, name: string) => {
    const colon = name.indexOf(':')
    const token = tokens[name.slice(colon + 1)]
    if (token === undefined) return whole
    if (colon < 0) return encode(token)
    return Buffer.from(`${name.slice(0, colon)}:${token}`).toString('base64')
  })
}
