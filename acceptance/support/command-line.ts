import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../cli/bin/postern.js', import.meta.url))

export type Finished = {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A `postern ...` that runs. */
export type RunningCommand = {
  readonly child: ChildProcess
  readonly pid: number
  /** What it has written so far, on both streams. */
  output(): string
  readonly finished: Promise<Finished>
}

/** Starts `postern ...` with these settings added to the environment. */
export function spawnPostern(
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
): RunningCommand {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    // As under a terminal's own group, but not this one's: Ctrl-C here must not reach it twice.
    detached: true,
  })
  let stdout = ''
  let stderr = ''
  let written = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk
    written += chunk
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk
    written += chunk
  })
  const finished = new Promise<Finished>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
  return { child, pid: child.pid ?? 0, output: () => written, finished }
}

/** Runs `postern ...` to its end. One that does not end within minutes is killed: code null. */
export async function runPostern(
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<Finished> {
  const { child, finished } = spawnPostern(args, settings)
  const timer = setTimeout(() => child.kill('SIGKILL'), 150_000)
  try {
    return await finished
  } finally {
    clearTimeout(timer)
  }
}
