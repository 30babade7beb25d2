import { basePath } from '../../client/base-path.ts'

/** Leaves for the OpenID provider, to come back signed in, on the page `next`. */
export function leaveToSignOn(account: string, next: string | undefined): void {
  leave({ account, next: next ?? '/' })
}

/** Leaves for the OpenID provider, to come back to this very page in a session that is confirmed. */
export function leaveToConfirm(): void {
  const { pathname, search, hash } = window.location
  leave({ confirm: 'true', next: pathname.slice(basePath.length) + search + hash })
}

function leave(query: Record<string, string>): void {
  window.location.assign(`${basePath}/session/sign-on?${new URLSearchParams(query)}`)
}

const sentences: Readonly<Record<string, string>> = {
  sign_on_refused:
    'The provider names nobody who is a user of this account. Ask one of its owners to add you, with the e-mail address that you have there.',
  sign_on_failed: 'The provider did not say who you are, or it took too long. Begin anew.',
  sign_on_unavailable: 'The provider cannot be reached right now. Try again in a moment.',
  not_signed_in: 'The session has ended. Sign in again.',
}

/** What came of it, in words, from the code that the server leads back with. */
export function sentenceOfSignOn(code: string): string {
  return sentences[code] ?? 'Signing in with the provider did not work. Begin anew.'
}
