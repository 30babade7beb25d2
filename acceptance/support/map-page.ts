import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { build, preview } from 'vite'
import { getFreePort } from './free-port.ts'

const root = fileURLToPath(new URL('../../examples/token-map', import.meta.url))

/** Bundles the example into a directory of its own, without settings that somebody may have made. */
export async function buildExample(outDir: string): Promise<void> {
  await build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    build: { outDir, emptyOutDir: true, minify: false, reportCompressedSize: false },
  })
}

/** A site of its own origin, on the loopback. */
export type Site = { readonly origin: string; close(): Promise<void> }

/** Serves what was built on a port of its own, which is what makes another site of it. */
export async function serveExample(outDir: string): Promise<Site> {
  const port = await getFreePort()
  const server = await preview({
    root,
    configFile: false,
    logLevel: 'error',
    build: { outDir },
    preview: { host: '127.0.0.1', port, strictPort: true },
  })
  return { origin: `http://127.0.0.1:${port}`, close: () => server.close() }
}

/** One answer that a page has received. */
export type Received = { readonly status: number; readonly url: string }

/** What a page has asked and what became of it; it grows as long as the page is open. */
export type Watch = {
  /** In the order in which they came. */
  readonly answers: readonly Received[]
  /** Requests without an answer, and exceptions that nobody caught. */
  readonly failures: readonly string[]
}

/** Watches a page that has not been opened yet. */
export function watch(page: Page): Watch {
  const answers: Received[] = []
  const failures: string[] = []
  page.on('pageerror', (error) => failures.push(String(error)))
  page.on('requestfailed', (request) => {
    failures.push(`${request.url()}: ${request.failure()?.errorText}`)
  })
  page.on('response', (response) => {
    answers.push({ status: response.status(), url: response.url() })
  })
  return { answers, failures }
}
