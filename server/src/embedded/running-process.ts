import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

const hasProc = existsSync('/proc/self/stat')

/**
 * What tells the process that has this pid now from every other one that has or had it. Undefined
 * when there is no such process, or when it has ended and only waits to be reaped.
 */
export function findProcessIdentity(pid: number): string | undefined {
  if (!hasProc) return findWithPs(pid, 'lstart=')
  const stat = readOrUndefined(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // The second field, the program's name in parentheses, may itself hold spaces and parentheses.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const startTicks = fields[18]
  if (state === 'Z' || state === 'X' || startTicks === undefined) return undefined
  // Start times count from boot, so two boots can repeat a pid with the same start time.
  const boot = readOrUndefined('/proc/sys/kernel/random/boot_id')?.trim() ?? ''
  return `${boot}:${startTicks}`
}

/** The words a process was started with (or the title it gave itself), joined by spaces. */
export function findCommandLine(pid: number): string | undefined {
  if (!hasProc) return findWithPs(pid, 'args=')
  const line = readOrUndefined(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ').trimEnd()
  return line === '' ? undefined : line
}

/** Every process whose command line starts with `prefix`. Empty where there is no /proc. */
export function listProcesses(prefix: string): number[] {
  if (!hasProc) return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => findCommandLine(pid)?.startsWith(prefix) === true)
}

/** Sends a signal; false when the process has already ended. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function findWithPs(pid: number, column: string): string | undefined {
  try {
    const found = execFileSync('ps', ['-ww', '-o', column, '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    return found === '' ? undefined : found
  } catch {
    return undefined
  }
}
