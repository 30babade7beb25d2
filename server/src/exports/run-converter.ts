import { spawn } from 'node:child_process'
import { AccessError } from '../errors.ts'
import type { StopSignal } from '../stop-signal.ts'
import { sizeOfDirectory } from './export-directory.ts'

/** What makes one file of another, and what it is run with. */
export type Converter = {
  /** GDAL's, or our own process that runs a module of ours. */
  readonly program: 'ogr2ogr' | 'node'
  readonly args: readonly string[]
  /** All of its environment but what every converter gets. */
  readonly environment?: Readonly<Record<string, string>>
}

/** Where a program is, what it needs in its environment to run, and as whom it runs. */
export type ConverterProgram = {
  readonly path: string
  readonly environment: Readonly<Record<string, string>>
  /** Undefined means "as we do". */
  readonly user?: ConverterUser | undefined
}

export type ConverterUser = { readonly uid: number; readonly gid: number }

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
 * `maxBytes`, exporter_missing when the program cannot be run, and ConversionError when it fails; it
 * does not live any more in any of these cases.
 */
export async function runConverter(
  { args, environment }: Converter,
  program: ConverterProgram,
  bounds: {
    readonly directory: string
    readonly signal: StopSignal
    readonly timeoutMs: number
    readonly maxBytes: number
  },
): Promise<void> {
  const { directory, signal, timeoutMs, maxBytes } = bounds
  signal.throwIfAborted()
  const child = spawn(program.path, args, {
    // Groups go as well, when there is a user.
    ...program.user,
    cwd: directory,
    env: {
      PATH: '/usr/bin:/bin',
      LC_ALL: 'C.UTF-8',
      HOME: directory,
      TMPDIR: directory,
      ...program.environment,
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
    if (!['ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
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
