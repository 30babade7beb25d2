import { execFile, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { EmbeddedError, lastLines } from './embedded-error.ts'

/** A program of the apt family failed. `output` is all that it wrote. */
export class AptError extends EmbeddedError {
  readonly output: string

  constructor(command: string, output: string) {
    super(`${command} failed. Its last words:\n${lastLines(output)}`)
    this.name = 'AptError'
    this.output = output
  }
}

export type AptRun = {
  /** What the operator is told while it runs: "Downloading the packages". */
  readonly doing: string
  /** How many packages it works on, where that is known. */
  readonly packages?: number | undefined
  readonly progress: (message: string) => void
  readonly cwd?: string | undefined
}

// Silence longer than this looks like a hang.
const reportEveryMs = 3_000
// Another apt, often the machine's own daily one, may be at work.
const lockPatienceMs = 120_000

/**
 * Runs apt-get, dpkg and their kin, and returns what they wrote. While they run, `progress` hears at
 * least every few seconds how far they are. Waits two minutes for another apt to finish.
 */
export async function runApt(command: readonly string[], run: AptRun): Promise<string> {
  const startedAt = performance.now()
  for (;;) {
    const { code, output } = await runReporting(command, run)
    if (code === 0) return output
    // apt-get waits by itself for the locks of dpkg, but not for those of its package lists.
    const isLocked = /Could not get lock|Unable to (acquire|lock)/.test(output)
    if (!isLocked || performance.now() - startedAt > lockPatienceMs) {
      throw new AptError(command.slice(0, 2).join(' '), output)
    }
    run.progress('Another program is using apt. Waiting for it.')
    await sleep(5_000)
  }
}

/** Whether packages of Debian's kind can be fetched and unpacked here. */
export function hasApt(): Promise<boolean> {
  const run = promisify(execFile)
  return Promise.all([run('apt-get', ['--version']), run('dpkg-deb', ['--version'])]).then(
    () => true,
    () => false,
  )
}

function runReporting(
  command: readonly string[],
  { doing, packages, progress, cwd }: AptRun,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    // `env` adds to the environment, which may hold the settings of a proxy, instead of replacing
    // it. Root's PATH lacks the sbin directories after `su`, and dpkg needs them.
    const child = spawn('/usr/bin/env', [...environment, ...command], {
      ...(cwd === undefined ? {} : { cwd }),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const startedAt = performance.now()
    const counts = new Map<string, number>()
    let state = doing
    let output = ''
    const read = (text: string) => {
      output += text
      for (const line of text.split('\n')) {
        const step = steps.find(({ pattern }) => pattern.test(line))?.did
        if (step === undefined) continue
        const count = (counts.get(step) ?? 0) + 1
        counts.set(step, count)
        const total = packages === undefined ? `${count}` : `${count} of ${packages} packages`
        state = `${doing}: ${step} ${total}`
      }
    }
    child.stdout.setEncoding('utf8').on('data', read)
    child.stderr.setEncoding('utf8').on('data', read)
    const timer = setInterval(() => {
      progress(`${state} (${Math.round((performance.now() - startedAt) / 1000)} s).`)
    }, reportEveryMs)
    child.once('error', (error) => {
      clearInterval(timer)
      reject(error)
    })
    child.once('close', (code) => {
      clearInterval(timer)
      resolve({ code, output })
    })
  })
}

const environment = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'DEBIAN_FRONTEND=noninteractive',
  'LC_ALL=C',
  // Ubuntu restarts services that use a changed library; none of them is our business.
  'NEEDRESTART_SUSPEND=1',
]

const steps = [
  { pattern: /^Get:\d+ /, did: 'fetched' },
  { pattern: /^Unpacking /, did: 'unpacked' },
  { pattern: /^Setting up /, did: 'set up' },
]
