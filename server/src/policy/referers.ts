/** A referer as it is kept, and what its owner should know about how it was read. */
export type RefererResult =
  | { readonly ok: true; readonly referer: string; readonly note?: string }
  | { readonly ok: false; readonly message: string }

const anySubdomain = '*.'

/**
 * Reads one allowed referer: an origin such as `https://example.com` or `https://example.com:8443`,
 * with `*.` before the host for all of its subdomains. A path or a slash at the end is accepted and
 * left out, because browsers send no more than the origin to another site. Never throws.
 */
export function parseReferer(text: unknown): RefererResult {
  if (typeof text !== 'string' || text.trim() === '') return refuse('must be the address of a site')
  const given = text.trim()
  const match = /^(https?):\/\/(\*\.)?([^/?#\\@*\s]+)([/?#].*)?$/i.exec(given)
  if (match === null) {
    return refuse(
      /^[a-z][a-z0-9+.-]*:\/\//i.test(given)
        ? 'must be the address of a site, such as https://example.com'
        : 'must begin with https:// or http://',
    )
  }
  const [, scheme = '', wildcard = '', host = '', rest = ''] = match
  const origin = originOf(`${scheme}://${host}`)
  if (origin === undefined)
    return refuse('must be the address of a site, such as https://example.com')
  if (wildcard !== '' && !/[^.]\.[^.]/.test(new URL(origin).hostname)) {
    return refuse('can use *. only before a domain of at least two parts')
  }
  const referer = wildcard === '' ? origin : origin.replace('://', `://${anySubdomain}`)
  if (rest === '') return { ok: true, referer }
  return {
    ok: true,
    referer,
    note:
      rest === '/'
        ? `${given} is kept as ${referer}: a slash at the end makes no difference.`
        : `${given} is kept as ${referer}: browsers do not tell other sites the path of a page, so the token can be used from all pages of this site.`,
  }
}

/**
 * Where a request says it comes from: the origin of its `Referer`, or its `Origin`. Undefined when it
 * says neither, when what it says is no address, and when the two disagree.
 */
export function refererOf(headers: {
  readonly referer: string | undefined
  readonly origin: string | undefined
}): string | undefined {
  const said = [headers.referer, headers.origin].filter((value) => value !== undefined)
  const origins = new Set(said.map(originOf))
  return origins.size === 1 ? [...origins][0] : undefined
}

/** Whether an origin is one of these. Scheme, host and port have to be the same. */
export function isAllowedReferer(referers: readonly string[], origin: string | undefined): boolean {
  if (referers.length === 0) return true
  if (origin === undefined) return false
  return referers.some((referer) => {
    const [scheme = '', host = ''] = referer.split('://')
    if (!host.startsWith(anySubdomain)) return referer === origin
    const [ownScheme = '', ownHost = ''] = origin.split('://')
    // What stands before the domain is at least one label: the domain itself is not its subdomain.
    const domain = host.slice(anySubdomain.length - 1)
    return ownScheme === scheme && ownHost.endsWith(domain) && ownHost.length > domain.length
  })
}

function originOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { origin, protocol, username, password } = new URL(text)
  if (protocol !== 'http:' && protocol !== 'https:') return undefined
  return username === '' && password === '' ? origin : undefined
}

function refuse(message: string): RefererResult {
  return { ok: false, message }
}
