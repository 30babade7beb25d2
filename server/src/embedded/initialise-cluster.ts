import { spawn } from 'node:child_process'
import { mkdtemp, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type ClusterPlace, giveTo } from './cluster-place.ts'
import { EmbeddedError, lastLines } from './embedded-error.ts'
import type { PostgresBinaries } from './find-postgres.ts'

/** The superuser of every embedded cluster. */
export const superuserName = 'postern_admin'

const draftPrefix = 'pg.new-'

/**
 * Creates the database files of a cluster. They are made aside and renamed into place when they are
 * complete and on disk: whatever stands at `place.pgDir` was finished. What an interrupted attempt
 * left is taken away first; the caller holds the lock of the data directory.
 */
export async function initialiseCluster(options: {
  binaries: PostgresBinaries
  place: ClusterPlace
  superuserPassword: string
}): Promise<void> {
  const { binaries, place } = options
  const home = dirname(place.pgDir)
  await removeDrafts(home)
  const draft = await mkdtemp(join(home, draftPrefix))
  try {
    await giveTo(place.owner, draft, 0o700)
    const passwordFile = join(draft, 'password')
    await writePrivately(passwordFile, options.superuserPassword)
    await giveTo(place.owner, passwordFile, 0o600)
    await runInitdb(binaries, place, join(draft, 'pg'), passwordFile)
    await moveIntoPlace(join(draft, 'pg'), place.pgDir)
    await syncDirectory(home)
  } finally {
    await rm(draft, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Never over something: a directory that is not empty is somebody's data, whatever it holds. */
async function moveIntoPlace(draft: string, pgDir: string): Promise<void> {
  try {
    await rename(draft, pgDir)
  } catch (cause) {
    throw new EmbeddedError(
      `The database files cannot be put into ${pgDir}, where something else already is. ` +
        'Move it away, or start with another POSTERN_DATA_DIR.',
      { cause },
    )
  }
}

async function removeDrafts(home: string): Promise<void> {
  const drafts = (await readdir(home)).filter((name) => name.startsWith(draftPrefix))
  for (const name of drafts) {
    // An initdb whose parent was killed may still be writing there for a moment.
    await rm(join(home, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  }
}

function runInitdb(
  binaries: PostgresBinaries,
  place: ClusterPlace,
  pgDir: string,
  passwordFile: string,
): Promise<void> {
  const initdb = spawn(
    join(binaries.binDir, 'initdb'),
    [
      ...['-D', pgDir, '-U', superuserName, `--pwfile=${passwordFile}`],
      ...['-A', 'scram-sha-256', '-E', 'UTF8', `--locale=${locale}`, '--data-checksums'],
    ],
    {
      ...place.owner,
      cwd: '/',
      // Its TZ becomes the cluster's default time zone.
      env: { PATH: '/usr/bin:/bin', LC_ALL: locale, TZ: 'UTC', ...binaries.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  for (const stream of [initdb.stdout, initdb.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  return new Promise((resolve, reject) => {
    const failed = (cause?: Error) =>
      reject(
        new EmbeddedError(`PostgreSQL could not create its files.\n${lastLines(output)}`, {
          cause,
        }),
      )
    initdb.once('error', failed)
    initdb.once('close', (code) => (code === 0 ? resolve() : failed()))
  })
}

// Sorts by code point everywhere, so an upgrade of the C library never invalidates an index.
const locale = process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'

async function writePrivately(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(`${content}\n`)
  } finally {
    await file.close()
  }
}

/** Without this, a power cut could undo the rename. */
async function syncDirectory(path: string): Promise<void> {
  const dir = await open(path, 'r')
  try {
    await dir.sync()
  } finally {
    await dir.close()
  }
}
