/**
 * What browsers are told about the pages of the dashboard: nothing from elsewhere, no script and no
 * style that is not a file of ours or carries this answer's nonce, in nobody's frame. `publicOrigin`
 * is where answers say that tiles are, which need not be how the browser came here.
 */
export function pageHeaders(nonce: string, publicOrigin: string): Readonly<Record<string, string>> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      `style-src 'self' 'nonce-${nonce}'`,
      "img-src 'self' data: blob:",
      "font-src 'self'",
      `connect-src 'self' ${publicOrigin}`,
      "worker-src 'self'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "base-uri 'self'",
    ].join('; '),
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'same-origin',
    // The page carries a nonce, which is for one answer.
    'cache-control': 'no-store',
  }
}
