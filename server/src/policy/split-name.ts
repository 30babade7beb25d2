import { isStorableText } from './storable-text.ts'

/**
 * The parts of a dotted name, each bare or in double quotes, as they are written. Undefined for what
 * is no such name.
 */
export function splitName(text: string): string[] | undefined {
  if (!isStorableText(text)) return undefined
  const parts: string[] = []
  const part = /(?:"((?:[^"]|"")+)"|([^".]+))(\.|$)/y
  while (part.lastIndex < text.length) {
    const match = part.exec(text)
    if (match === null) return undefined
    parts.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
    if (match[3] === '') return parts
  }
  // Ends with a dot.
  return undefined
}
