/** Any host: only whether an address stays on it matters. */
const here = 'http://own.invalid'

/**
 * Where to go after signing in, when it is an address of this server; the home page otherwise. Browsers
 * read backslashes as slashes and leave out tabs and line breaks, so an address is looked at as they
 * read it.
 */
export function ownPath(next: string | undefined): string {
  if (next?.startsWith('/') !== true || !URL.canParse(next, here)) return '/'
  const { origin, pathname, search, hash } = new URL(next, here)
  if (origin !== here || pathname.startsWith('//')) return '/'
  return pathname + search + hash
}
