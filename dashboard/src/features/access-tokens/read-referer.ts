/** A site as somebody has written it, and what will be kept of it. */
export type RefererReading =
  | { readonly ok: true; readonly written: string; readonly stored: string; readonly note?: string }
  | { readonly ok: false; readonly written: string; readonly problem: string }

/** The sites in a text: separated by commas, blanks or lines. */
export function splitReferers(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((part) => part !== '')
}

/**
 * Reads one allowed site as the server will: its origin is what is kept, because that is all that
 * browsers tell other sites about a page.
 */
export function readReferer(written: string): RefererReading {
  const refuse = (problem: string): RefererReading => ({ ok: false, written, problem })
  const match = /^(https?):\/\/(\*\.)?([^/?#\\@*\s]+)([/?#].*)?$/i.exec(written)
  if (match === null) {
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(written)) {
      return refuse('This is not the address of a site, such as https://example.com.')
    }
    return refuse(`Begin with https:// or http://, as in https://${written.replace(/^\/+/, '')}.`)
  }
  const [, scheme = '', wildcard = '', host = '', rest = ''] = match
  const origin = originOf(`${scheme}://${host}`)
  if (origin === undefined)
    return refuse('This is not the address of a site, such as https://example.com.')
  if (wildcard !== '' && !/[^.]\.[^.]/.test(new URL(origin).hostname)) {
    return refuse(
      '*. can stand only before a domain of at least two parts, as in https://*.example.com.',
    )
  }
  const stored = wildcard === '' ? origin : origin.replace('://', '://*.')
  const note = noteOn({ rest, wildcard, origin, stored, written })
  return { ok: true, written, stored, ...(note !== undefined && { note }) }
}

function noteOn({
  rest,
  wildcard,
  origin,
  stored,
  written,
}: {
  readonly rest: string
  readonly wildcard: string
  readonly origin: string
  readonly stored: string
  readonly written: string
}): string | undefined {
  if (rest === '/') {
    return 'The slash at the end makes no difference: sites are compared by scheme, host and port.'
  }
  if (rest !== '') {
    return `The path is left out: browsers do not tell other sites which page a request comes from. The token works on every page of ${stored}.`
  }
  if (wildcard !== '') {
    return `Every subdomain, and not ${origin.replace(/^https?:\/\//, '')} itself: add that on its own if you mean it.`
  }
  if (origin !== written) return 'Written as browsers write it.'
  if (origin.startsWith('http://') && !/^http:\/\/(localhost|127\.|\[::1\])/.test(origin)) {
    return 'Only pages loaded without TLS come from here: most sites need https://.'
  }
  return undefined
}

function originOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { origin, protocol, username, password } = new URL(text)
  if (protocol !== 'http:' && protocol !== 'https:') return undefined
  return username === '' && password === '' ? origin : undefined
}
