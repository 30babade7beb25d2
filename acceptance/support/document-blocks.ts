import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** The indented blocks of a document, as somebody would paste them, in their order. */
export type DocumentBlocks = {
  /** The first block that contains `text`; throws when there is none. */
  containing(text: string): string
}

/** Reads a document of this repository; each of `replaced` stands for something else in its blocks. */
export async function readBlocks(
  path: string,
  replaced: Readonly<Record<string, string>>,
): Promise<DocumentBlocks> {
  const document = await readFile(new URL(`../../${path}`, import.meta.url), 'utf8')
  const replacements = Object.entries(replaced)
  const blocks = document
    .split(/\n(?! {4}|\n)/)
    .flatMap((part) => part.match(/(?: {4}.*\n?|\n(?= {4}))+/g) ?? [])
    .map((block) => block.replaceAll(/^ {4}/gm, '').trim())
    .map((block) => replacements.reduce((text, [from, to]) => text.replaceAll(from, to), block))
  return {
    containing(text) {
      const block = blocks.find((candidate) => candidate.includes(text))
      if (block === undefined) throw new Error(`${path} has no block with ${text}`)
      return block
    },
  }
}

/** Runs what was pasted with a shell; returns what it printed, and throws when it failed. */
export async function paste(
  script: string,
  environment: Record<string, string> = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-ec', script], {
    env: { ...process.env, ...environment },
  })
  return stdout
}
