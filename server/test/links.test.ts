import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

async function documentsIn(folder: string): Promise<string[]> {
  const names = await readdir(join(root, folder))
  return names.filter((name) => name.endsWith('.md')).map((name) => join(folder, name))
}

test('what a document links to is there', async () => {
  const folders = ['.', 'docs/how-to', 'docs/reference', 'docs/decisions', 'acceptance']
  const documents = (await Promise.all(folders.map(documentsIn))).flat()
  const links = await Promise.all(
    documents.map(async (document) =>
      [...(await readFile(join(root, document), 'utf8')).matchAll(/\]\(([^()\s#]+)[^()\s]*\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target))
        .map((target) => ({ document, target })),
    ),
  )
  expect(links.flat().length).toBeGreaterThan(50)
  expect(
    links
      .flat()
      .filter(({ document, target }) => !existsSync(join(root, dirname(document), target))),
  ).toEqual([])
})
