import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EmbeddedError } from './embedded-error.ts'
import { findCommandLine, listProcesses, sendSignal } from './running-process.ts'

/** What a running PostgreSQL says about itself in `postmaster.pid`. */
export type PostmasterPidFile = { readonly pid: number; readonly status: string }

/** Reads `postmaster.pid`; undefined when there is none, which says nothing of who is alive. */
export function findPostmasterPidFile(pgDir: string): PostmasterPidFile | undefined {
  let lines: string[]
  try {
    lines = readFileSync(join(pgDir, 'postmaster.pid'), 'utf8').split('\n')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const pid = Number(lines[0])
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined
  return { pid, status: lines[7]?.trim() ?? '' }
}

/** The PostgreSQL that serves these files now; undefined when none does. */
export function findPostmaster(pgDir: string): PostmasterPidFile | undefined {
  const found = findPostmasterPidFile(pgDir)
  return found !== undefined && isPostmasterOf(pgDir, found.pid) ? found : undefined
}

/**
 * Stops a PostgreSQL that a killed server left behind on these files, and waits until it is gone.
 * Fast shutdown first; after `patienceMs`, an immediate one, which loses nothing that was committed.
 */
export async function stopLeftoverPostmaster(
  pgDir: string,
  options: { progress: (message: string) => void; patienceMs?: number },
): Promise<void> {
  const { progress, patienceMs = 10_000 } = options
  const found = findPostmasterPidFile(pgDir)
  if (found === undefined) return
  if (!isPostmasterOf(pgDir, found.pid)) {
    await removeMisleadingPidFile(pgDir, found.pid)
    return
  }
  progress(`An earlier PostgreSQL still serves ${pgDir} (process ${found.pid}): stopping it.`)
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    sendSignal(found.pid, signal)
    const deadline = performance.now() + patienceMs
    while (performance.now() < deadline) {
      if (!isPostmasterOf(pgDir, found.pid)) return
      await sleep(50)
    }
  }
  throw new EmbeddedError(
    `An earlier PostgreSQL (process ${found.pid}) still serves ${pgDir} and does not stop. ` +
      'End that process, then start again.',
  )
}

/**
 * Ends the sessions of a cluster whose postmaster was killed. Idle ones notice by themselves; one
 * that computes would hold the shared memory, and so the next start, for as long as it computes.
 */
export function endLeftoverBackends(clusterName: string): void {
  for (const pid of listProcesses(`postgres: ${clusterName}: `)) sendSignal(pid, 'SIGQUIT')
}

function isPostmasterOf(pgDir: string, pid: number): boolean {
  return `${findCommandLine(pid) ?? ''} `.includes(`postgres -D ${pgDir} `)
}

/**
 * After a crash, the pid in the file may belong to another program by now, as it often does in a
 * restarted container. PostgreSQL cannot tell, and would refuse to start.
 */
async function removeMisleadingPidFile(pgDir: string, pid: number): Promise<void> {
  const commandLine = findCommandLine(pid)
  if (commandLine === undefined || /postgres|postmaster/.test(commandLine)) return
  await rm(join(pgDir, 'postmaster.pid'), { force: true })
}
