const quote = 0x22
const backslash = 0x5c
const openers = new Set([0x5b, 0x7b])
const closers = new Set([0x5d, 0x7d])

/**
 * Whether a JSON text has arrays and objects inside of each other more than `maxDepth` deep. It
 * need not be valid. Parsing takes a microsecond for every level, in which nobody else is answered:
 * eight megabytes of brackets are seconds.
 */
export function isNestedDeeply(text: string, maxDepth: number): boolean {
  let depth = 0
  let inString = false
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (inString) {
      if (code === backslash) index += 1
      else if (code === quote) inString = false
    } else if (code === quote) {
      inString = true
    } else if (openers.has(code)) {
      depth += 1
      if (depth > maxDepth) return true
    } else if (closers.has(code)) {
      depth -= 1
    }
  }
  return false
}
