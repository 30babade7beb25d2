import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'

// What `npm run build` has made of the dashboard, without a server.

const dist = fileURLToPath(new URL('../../dashboard/dist', import.meta.url))
const maxBytes = 200 * 1024

/** All that the browser fetches for the document, and for `page` on it, before it can show anything. */
async function filesFor(page: string): Promise<Map<string, Buffer>> {
  const html = await readFile(join(dist, 'index.html'))
  const files = new Map([['index.html', html]])
  const open = [...html.toString().matchAll(/(?:src|href)="(assets\/[^"]+)"/g)].map(
    ([, path = '']) => path,
  )
  const entry = open.find((path) => path.endsWith('.js')) ?? ''
  const lazy = (await readFile(join(dist, entry), 'utf8')).match(
    new RegExp(`assets/${page}-[\\w-]+\\.(?:js|css)|(?<=\\./)${page}-[\\w-]+\\.(?:js|css)`, 'g'),
  )
  open.push(...(lazy ?? []).map((path) => `assets/${path.replace('assets/', '')}`))
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (files.has(path)) continue
    const content = await readFile(join(dist, path))
    files.set(path, content)
    if (!path.endsWith('.js')) continue
    // What is imported, and not asked for when it is needed.
    for (const [, name] of content.toString().matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)) {
      open.push(`assets/${name}`)
    }
  }
  return files
}

it.each(['sign-in-page', 'home-page', 'api-keys-page'])(
  'the first load of %s is less than 200 KB, and the map is none of it',
  async (page) => {
    const files = await filesFor(page)
    const names = [...files.keys()]
    expect(names.some((name) => name.includes(page))).toBe(true)
    const sizes = [...files].map(([name, content]) => ({ name, bytes: gzipSync(content).length }))
    const bytes = sizes.reduce((sum, file) => sum + file.bytes, 0)
    expect(bytes, JSON.stringify(sizes)).toBeLessThan(maxBytes)
    for (const [name, content] of files) {
      expect(content.includes('maplibregl'), name).toBe(false)
      expect(content.includes('cm-editor'), name).toBe(false)
    }
  },
)
