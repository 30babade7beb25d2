import type { IncomingMessage } from 'node:http'

/**
 * Every value that a request gives for one header, in their order. Node itself keeps only the first
 * of some; two are not one. `name` is in lower case.
 */
export function listHeader({ rawHeaders }: IncomingMessage, name: string): string[] {
  const values: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const candidate = rawHeaders[index] ?? ''
    // Most names differ in length already; this runs for each header of each request.
    if (candidate.length === name.length && candidate.toLowerCase() === name) {
      values.push(rawHeaders[index + 1] ?? '')
    }
  }
  return values
}
