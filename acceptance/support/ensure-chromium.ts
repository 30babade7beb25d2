import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Debian's smallest build: no windows, and a software renderer for WebGL. */
const debianPackage = 'chromium-headless-shell'

const usualPaths = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
]

/**
 * The path of a Chromium of this machine. Brings Debian's with apt, as root, when there is none.
 * Undefined where that cannot be done; `progress` hears why.
 */
export async function ensureChromium(
  progress: (message: string) => void,
): Promise<string | undefined> {
  const found = await findChromium()
  if (found !== undefined) return found
  try {
    if (process.getuid?.() !== 0) throw new Error('only root may install it')
    progress(`Chromium is not on this machine. Installing ${debianPackage} with apt-get.`)
    await install()
  } catch (error) {
    progress(
      'The tests with a browser will fail, because there is no Chromium on this machine. Install it ' +
        `(on Debian: apt-get install ${debianPackage}). ${(error as Error).message}`,
    )
  }
  return await findChromium()
}

async function findChromium(): Promise<string | undefined> {
  for (const path of usualPaths) {
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return path
  }
  return undefined
}

async function install(): Promise<void> {
  try {
    await aptGet('install', '--no-install-recommends', debianPackage)
  } catch {
    // Where there are no package lists, or only those from long ago.
    await aptGet('update')
    await aptGet('install', '--no-install-recommends', debianPackage)
  }
}

function aptGet(...args: readonly string[]): Promise<unknown> {
  const options = ['-y', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Dpkg::Use-Pty=0']
  return run('apt-get', [...options, ...args], {
    // Root's PATH lacks the sbin directories after `su`, and dpkg needs them.
    env: {
      ...process.env,
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      DEBIAN_FRONTEND: 'noninteractive',
    },
    maxBuffer: 16 * 1024 * 1024,
  })
}
