import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'

/** Text that is HTML already. */
export type Html = { readonly html: string }

type Part = string | Html | undefined | readonly (string | Html)[]

/** Writes HTML: what is put into it is escaped, unless it is HTML itself. */
export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const written = parts.map((part) => (Array.isArray(part) ? part : [part]).map(write).join(''))
  return { html: texts.map((text, index) => text + (written[index] ?? '')).join('') }
}

function write(part: Part): string {
  if (typeof part === 'object' && 'html' in part) return part.html
  return String(part ?? '').replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

const style = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { margin: 0; display: grid; place-items: center; min-height: 100vh }
main { box-sizing: border-box; width: min(26rem, 100%); padding: 1.5rem }
h1 { font-size: 1.375rem; line-height: 1.25; margin: 0 0 1rem }
label { display: block; margin: 1rem 0 .25rem }
input { box-sizing: border-box; width: 100%; font: inherit; padding: .5rem; border: 1px solid; border-radius: .25rem }
button { font: inherit; padding: .5rem 1.25rem; margin: 1.5rem .5rem 0 0; border: 1px solid; border-radius: .25rem }
button[value=allow] { background: #0b5c46; border-color: #0b5c46; color: #fff }
:focus-visible { outline: 3px solid #2a7de1; outline-offset: 2px }
[role=alert] { border-inline-start: .25rem solid #b3261e; padding-inline-start: .75rem }
li { margin: .25rem 0 }
`

const styleHash = createHash('sha256').update(style).digest('base64')

/**
 * Sends a page of ours: no script, nothing from elsewhere, in nobody's frame, kept by no cache. `goesTo`
 * is where its form may lead in the end besides us: browsers hold redirects of forms to it, too.
 */
export function sendPage(
  reply: FastifyReply,
  status: number,
  page: { readonly title: string; readonly content: Html; readonly goesTo?: string },
): FastifyReply {
  const formAction = ["'self'", ...(page.goesTo === undefined ? [] : [sourceOf(page.goesTo)])]
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title}</title>
<style>${{ html: style }}</style>
</head>
<body><main>
<h1>${page.title}</h1>
${page.content}
</main></body>
</html>
`
  return reply
    .code(status)
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action ${formAction.join(' ')}; frame-ancestors 'none'; base-uri 'none'`,
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      // Not no-referrer: then forms would be sent with the origin `null`, which is nobody's.
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
      vary: 'Cookie',
    })
    .send(document.html)
}

/** An address as a content security policy names its origin: there is no way to write one of IPv6. */
function sourceOf(address: string): string {
  const { hostname, origin, protocol } = new URL(address)
  return hostname.startsWith('[') ? protocol : origin
}
