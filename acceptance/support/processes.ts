import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The command lines of every process that we can see. */
export function commandLines(): string {
  return listPids()
    .map((pid) => readOr('', () => readFileSync(`/proc/${pid}/cmdline`, 'utf8')))
    .join('\n')
}

/**
 * The processes that have to do with a directory: it is named on their command line, or they work
 * in it. Sessions of PostgreSQL show the one thing no more, but still do the other.
 */
export function listProcessesOf(directory: string): number[] {
  return listPids().filter((pid) => {
    const commandLine = readOr('', () => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
    const workingDirectory = readOr('', () => readlinkSync(`/proc/${pid}/cwd`))
    return commandLine.includes(directory) || workingDirectory.startsWith(directory)
  })
}

function listPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

/** A process can end, or be another user's, while it is looked at. */
function readOr(fallback: string, read: () => string): string {
  try {
    return read()
  } catch {
    return fallback
  }
}
