/**
 * Why there is no embedded PostgreSQL to work with. The message is written for the operator: whole
 * sentences that say what to do. It needs no stack trace and holds no secret.
 */
export class EmbeddedError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'EmbeddedError'
  }
}

/** The end of a program's output, for an error message. */
export function lastLines(output: string, count = 15): string {
  return output
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-count)
    .join('\n')
}
