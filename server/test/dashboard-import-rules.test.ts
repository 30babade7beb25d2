import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/**
 * What each folder of the dashboard may import from the others. Features know each other only where a
 * page hands over to another by its address.
 */
const mayImport: Record<string, readonly string[]> = {
  format: [],
  client: [],
  // What is shown of an error depends on what kind it is.
  ui: ['client', 'format'],
  app: ['client', 'ui', 'format', 'features'],
  features: ['client', 'ui', 'format', 'app'],
}

const source = new URL('../../dashboard/src/', import.meta.url)

test.each(Object.keys(mayImport))('%s imports only what it may', (folder) => {
  const refused = readdirSync(new URL(`${folder}/`, source), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .flatMap((name) => {
      const file = new URL(`${folder}/${name}`, source)
      return [...readFileSync(file, 'utf8').matchAll(/(?:from|import\() ?'(\.[^']+)'/g)]
        .map((match) => new URL(match[1] ?? '', file).pathname.slice(source.pathname.length))
        .map((target) => target.split('/')[0] ?? '')
        .filter((target) => target !== folder && !mayImport[folder]?.includes(target))
        .map((target) => `${folder}/${name} imports of ${target}`)
    })
  expect(refused).toEqual([])
})

test('every folder of the dashboard has a rule', () => {
  const folders = readdirSync(source, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
  expect(folders.sort()).toEqual(Object.keys(mayImport).sort())
})
