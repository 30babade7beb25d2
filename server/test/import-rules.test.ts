import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/**
 * Imports point one way. A folder may import from itself and from the folders named here; `.` stands
 * for the files beside the folders, of which everybody may read the tables (errors, observations,
 * operations) and use the signal that ends requests.
 */
const mayImport: Record<string, readonly string[]> = {
  token: [],
  policy: ['credential'],
  store: ['credential', 'token'],
  roles: ['store', 'token', 'policy'],
  warehouse: ['store', 'token'],
  sources: ['policy', 'store', 'warehouse'],
  tiles: ['policy', 'sources', 'store', 'warehouse'],
  previews: ['sources', 'store', 'tiles', 'warehouse'],
  models: ['policy', 'sources', 'store', 'tiles', 'warehouse'],
  revocation: ['store', 'credential'],
  credential: ['policy', 'store', 'token', 'revocation', 'limits'],
  limits: ['credential'],
  exports: [],
  usage: ['limits', 'store'],
  batch: ['credential', 'policy', 'store', 'tiles', 'warehouse', 'token', 'revocation'],
  commands: [
    'batch',
    'sign-on',
    'policy',
    'store',
    'roles',
    'tiles',
    'warehouse',
    'exports',
    'token',
    'revocation',
    'credential',
  ],
  'sign-on': [],
  surfaces: [
    'commands',
    'sign-on',
    'batch',
    'policy',
    'store',
    'sources',
    'tiles',
    'models',
    'previews',
    'warehouse',
    'exports',
    'revocation',
    'credential',
    'limits',
  ],
  embedded: ['store', 'token'],
  demo: ['commands', 'store', 'token'],
}
const tables = ['errors', 'observations', 'operations', 'stop-signal']
/** What the outside world is reached with. Only these folders may. */
const outsideWorld: Record<string, readonly string[]> = {
  'fastify|@fastify/.*|node:https?': ['surfaces'],
  'pg|pg-.*': ['store', 'roles', 'warehouse', 'revocation', 'demo'],
  'graphile-worker': ['batch'],
  'openid-client': ['sign-on'],
}

type Import = { readonly file: string; readonly folder: string; readonly specifier: string }

const source = new URL('../src/', import.meta.url)
const imports: Import[] = Object.keys(mayImport).flatMap((folder) =>
  readdirSync(new URL(`${folder}/`, source), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .flatMap((name) => {
      const text = readFileSync(new URL(`${folder}/${name}`, source), 'utf8')
      return [...text.matchAll(/^(?:import|export)\b[^'";]*?from '([^']+)'/gms)].map((match) => ({
        file: `${folder}/${name}`,
        folder,
        specifier: match[1] ?? '',
      }))
    }),
)

test('every folder of the server has a rule', () => {
  const folders = readdirSync(source, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
  expect(folders.sort()).toEqual(Object.keys(mayImport).sort())
})

test.each(Object.keys(mayImport))('%s imports only what it may', (folder) => {
  const refused = imports.filter((entry) => {
    if (entry.folder !== folder || !entry.specifier.startsWith('.')) return false
    const target = new URL(entry.specifier, new URL(entry.file, source)).pathname
    const inside = target.slice(source.pathname.length)
    const [first = '', rest] = inside.split('/', 2)
    if (rest === undefined) return !tables.some((table) => first === `${table}.ts`)
    return first !== folder && !mayImport[folder]?.includes(first)
  })
  expect(refused).toEqual([])
})

test.each(Object.keys(outsideWorld))('only the folders that may use %s', (pattern) => {
  const matches = new RegExp(`^(${pattern})$`)
  const refused = imports.filter(
    ({ folder, specifier }) => matches.test(specifier) && !outsideWorld[pattern]?.includes(folder),
  )
  expect(refused).toEqual([])
})

test('policy and token reach nothing outside of themselves but computation', () => {
  const refused = imports.filter(
    ({ folder, specifier, file }) =>
      (folder === 'policy' || folder === 'token') &&
      !specifier.startsWith('.') &&
      !/^(node:(crypto|util|zlib)|libpg-query.*|lru-cache|otpauth|@node-rs\/argon2)$/.test(
        specifier,
      ) &&
      // Where secrets are kept, and the parser's program.
      !['token/secret-file.ts', 'policy/statement-parser.ts'].includes(file),
  )
  expect(refused).toEqual([])
})

test('nothing but the entry of the command line reads the environment', () => {
  const readers = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .filter((name) => readFileSync(new URL(name, source), 'utf8').includes('process.env'))
  expect(readers).toEqual([])
})
