import { spawn } from 'node:child_process'
import { AccessError } from '../errors.ts'
import type { StopSignal } from '../stop-signal.ts'
import { sizeOfDirectory } from './export-directory.ts'

/** A program that makes one file of another, and what it is run with. */
export type Converter = {
  readonly program: string
  readonly args: readonly string[]
  /** All of its environment but what every converter gets. */
  readonly environment?: Readonly<Record<string, string>>
}

/** Where programs of the system, and those of its package manager, are. */
export const converterPath = '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin'

const checkSizeEveryMs = 200
/** What it says is for an error message: the beginning tells most. */
const maxErrorLength = 4_000

/** The converter has ended with an error; `message` is what it said. */
export class ConversionError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ConversionError'
  }
}

/**
 * Runs a converter in a directory until it has ended. It gets nothing of our environment. Throws
 * the reason of `signal`, statement_timed_out, bytes_limit_exceeded when the directory grows beyond
 * `maxBytes`, exporter_missing when there is no such program, and ConversionError when it fails; it
 * does not live any more in any of these cases.
 */
export async function runConverter(
  { program, args, environment }: Converter,
  bounds: {
    readonly directory: string
    readonly signal: StopSignal
    readonly timeoutMs: number
    readonly maxBytes: number
  },
): Promise<void> {
  const { directory, signal, timeoutMs, maxBytes } = bounds
  signal.throwIfAborted()
  const child = spawn(program, args, {
    cwd: directory,
    env: {
      PATH: converterPath,
      LC_ALL: 'C.UTF-8',
      HOME: directory,
      TMPDIR: directory,
      ...environment,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(0, maxErrorLength)
  })
  let stopReason: unknown
  const stop = (reason: unknown) => {
    stopReason ??= reason
    child.kill('SIGKILL')
  }
  const onAbort = () => stop(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  const deadline = setTimeout(() => stop(new AccessError('statement_timed_out')), timeoutMs)
  const sizeCheck = setInterval(async () => {
    if ((await sizeOfDirectory(directory)) > maxBytes) stop(tooLarge(maxBytes))
  }, checkSizeEveryMs)
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    if (stopReason !== undefined) throw stopReason
    if (code !== 0) throw new ConversionError(errors)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new AccessError('exporter_missing', { cause: error })
  } finally {
    clearTimeout(deadline)
    clearInterval(sizeCheck)
    signal.removeEventListener('abort', onAbort)
  }
}

export function tooLarge(maxBytes: number): AccessError {
  return new AccessError('bytes_limit_exceeded', {
    message: `The result is larger than ${maxBytes} bytes. Ask for less.`,
  })
}
