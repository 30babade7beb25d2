import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClusterLog } from './cluster-log.ts'
import type { ClusterPlace } from './cluster-place.ts'
import { EmbeddedError, lastLines } from './embedded-error.ts'
import type { PostgresBinaries } from './find-postgres.ts'
import { findPostmaster, findPostmasterPidFile } from './leftover-postmaster.ts'
import { sendSignal } from './running-process.ts'

/** The main process of a PostgreSQL that accepts connections. */
export type Postmaster = {
  readonly pid: number
  /** Settles when it is gone: with its exit code, 128 + n after signal n, null when unknown. */
  readonly exited: Promise<number | null>
  /** Fast shutdown; an immediate one after ten seconds. Resolves when the process is gone. */
  stop(): Promise<void>
}

/** PostgreSQL ended before it accepted connections. `output` is what it logged meanwhile. */
export class PostmasterStartError extends EmbeddedError {
  readonly output: string

  constructor(output: string, logPath: string) {
    super(`PostgreSQL did not start (its log: ${logPath}).\n${lastLines(output)}`)
    this.name = 'PostmasterStartError'
    this.output = output
  }
}

/**
 * Starts PostgreSQL and waits until it accepts connections, however long its crash recovery takes.
 * It runs in a session of its own, out of reach of the terminal's Ctrl-C, and it ends when this
 * process ends, even by SIGKILL. Throws `PostmasterStartError`, or the reason of `signal`.
 */
export async function launchPostmaster(options: {
  binaries: PostgresBinaries
  place: ClusterPlace
  /** As `postmasterArguments` makes them. */
  args: readonly string[]
  log: ClusterLog
  progress: (message: string) => void
  signal?: AbortSignal | undefined
}): Promise<Postmaster> {
  const { binaries, place, log, signal } = options
  const { pgDir, owner } = place
  signal?.throwIfAborted()
  const logOffset = log.size()
  const watchdog = spawn(
    '/bin/sh',
    ['-c', watchdogScript, 'postern-watchdog', join(binaries.binDir, 'postgres'), ...options.args],
    {
      ...owner,
      cwd: '/',
      // Nothing of this server's environment, which may hold secrets, goes to the database.
      env: { PATH: '/usr/bin:/bin', ...binaries.env },
      detached: true,
      stdio: ['pipe', 'pipe', log.fd],
    },
  ) as ChildProcessByStdio<Writable, Readable, null>
  await once(watchdog, 'spawn')
  let ended = false
  const watchdogExited = once(watchdog, 'exit').then(([code]): number | null => {
    ended = true
    // If only the watchdog was killed, this end of file tells its other half to stop PostgreSQL.
    watchdog.stdin.destroy()
    return code
  })
  const exited = watchdogExited.then(async (code) => {
    while (findPostmaster(pgDir) !== undefined) await sleep(50)
    return code
  })
  const pid = Number(await getFirstLine(watchdog.stdout))
  if (pid === 0) await watchdogExited

  const stop = async () => {
    if (!ended) sendSignal(pid, 'SIGINT')
    const impatience = setTimeout(() => {
      if (!ended) sendSignal(pid, 'SIGQUIT')
    }, 10_000)
    await exited
    clearTimeout(impatience)
  }

  const startedAt = performance.now()
  let nextProgressMs = 5_000
  for (;;) {
    if (ended) throw new PostmasterStartError(await log.readSince(logOffset), log.path)
    const file = findPostmasterPidFile(pgDir)
    if (file?.pid === pid && file.status === 'ready') return { pid, exited, stop }
    if (signal?.aborted) {
      await stop()
      throw signal.reason
    }
    const elapsedMs = performance.now() - startedAt
    if (elapsedMs > nextProgressMs) {
      options.progress(`PostgreSQL is starting (${Math.round(elapsedMs / 1000)} s).`)
      nextProgressMs += 5_000
    }
    await sleep(20)
  }
}

/**
 * Runs PostgreSQL as a child, tells its pid, and exits as it exits. Our end of its standard input
 * is closed by the kernel when this process ends, whatever ends it; then a second shell, which
 * waits for that, shuts PostgreSQL down: fast, and after ten seconds at once. Signals that are sent
 * to whole groups of processes leave both shells alone: they always outlive what they watch.
 * The second shell is told by SIGUSR1 that nothing is left to watch, and is waited for: a container
 * may have no init process that would reap it.
 */
const watchdogScript = `
trap '' INT TERM HUP
exec 3<&0 </dev/null
"$@" 3<&- >&2 &
postmaster=$!
echo "$postmaster"
exec >/dev/null
(
  read -r _ <&3
  trap '' USR1
  tenths=0
  while kill -INT "$postmaster" 2>/dev/null; do
    tenths=$((tenths + 1))
    [ "$tenths" -lt 100 ] || kill -QUIT "$postmaster"
    sleep 0.1
  done
) &
reader=$!
exec 3<&-
wait "$postmaster"
code=$?
kill -USR1 "$reader"
wait "$reader" 2>/dev/null
exit "$code"
`

async function getFirstLine(stream: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stream) {
    text += String(chunk)
    if (text.includes('\n')) break
  }
  return text.trim()
}
