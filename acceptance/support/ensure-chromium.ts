import { execFile } from 'node:child_process'
import {
  access,
  chmod,
  constants,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Debian's smallest build: no windows, and a software renderer for WebGL. */
const debianPackage = 'chromium-headless-shell'

/** Where `npm start`, too, keeps what it had to unpack. */
const dataDir = fileURLToPath(new URL('../../data', import.meta.url))
const unpackedDir = join(dataDir, 'chromium')

const usualPaths = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
  join(unpackedDir, 'start'),
]

/**
 * The path of a Chromium of this machine. When there is none, brings Debian's with apt: root installs
 * it, everybody else unpacks it into the data directory. Undefined where that cannot be done;
 * `progress` hears why.
 */
export async function ensureChromium(
  progress: (message: string) => void,
): Promise<string | undefined> {
  const found = await findChromium()
  if (found !== undefined) return found
  try {
    progress(`Chromium is not on this machine. Fetching ${debianPackage} with apt-get.`)
    await (process.getuid?.() === 0 ? install() : unpack())
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

/** A tree of the packages that are missing here, and a script that starts Chromium out of it. */
async function unpack(): Promise<void> {
  await mkdir(dataDir, { recursive: true })
  const draft = await mkdtemp(join(dataDir, 'chromium.new-'))
  try {
    const { stdout } = await aptGet(
      '--simulate',
      'install',
      '--no-install-recommends',
      debianPackage,
    )
    const names = [...stdout.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? '')
    await run('apt-get', ['download', ...names], { cwd: draft })
    for (const file of await readdir(draft)) {
      await run('dpkg-deb', ['-x', join(draft, file), draft])
      await rm(join(draft, file))
    }
    await writeFile(join(draft, 'start'), startScript)
    await chmod(join(draft, 'start'), 0o755)
    await rm(unpackedDir, { recursive: true, force: true })
    await rename(draft, unpackedDir)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

const startScript = `#!/bin/sh
tree=$(dirname "$(readlink -f "$0")")
for dir in "$tree"/usr/lib/*-linux-gnu* "$tree"/usr/lib/*-linux-gnu*/pulseaudio; do
  LD_LIBRARY_PATH="$dir\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
done
export LD_LIBRARY_PATH
exec "$tree/usr/lib/chromium/chromium-headless-shell" "$@"
`

function aptGet(...args: readonly string[]): Promise<{ stdout: string }> {
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
