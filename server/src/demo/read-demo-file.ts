import { readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'

/** One row of a demo file: text by column name. */
export type DemoRow = Readonly<Record<string, string>>

/**
 * Reads a file of the demo dataset: RFC 4180 in UTF-8, with a header line.
 * Throws when it is not that: bytes that are no UTF-8, or a row with too many or too few fields.
 */
export async function readDemoFile(name: 'capitals' | 'surveys'): Promise<DemoRow[]> {
  // The same way up from src/demo and from dist/demo: the files are not part of the build.
  const bytes = await readFile(new URL(`../../demo/${name}.csv`, import.meta.url))
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  return parse(text, { columns: true })
}
