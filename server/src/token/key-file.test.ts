import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import {
  chmod,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadKeyFile, readKeyFile, replaceKeyFile } from './key-file.ts'
import { formatKeyRing, newRingKey, parseKeyRing } from './key-ring.ts'

let directory: string
let path: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'postern-key-file-'))
  path = join(directory, 'secrets.json')
})

afterEach(() => rm(directory, { recursive: true }))

function newRing() {
  const current = newRingKey(randomBytes)
  return { current, keys: [current] }
}

describe('loadKeyFile', () => {
  it('makes a file that only its owner can read, and reads the same keys from it ever after', async () => {
    const ring = await loadKeyFile(path, randomBytes)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await loadKeyFile(path, randomBytes)).toEqual(ring)
    expect(await readKeyFile(path)).toEqual(ring)
  })

  it.each(['0640', '0604', '0644', '0620', '0601'])(
    'refuses a file of mode %s, which others can get at, and says what to do',
    async (mode) => {
      await loadKeyFile(path, randomBytes)
      await chmod(path, mode)
      await expect(loadKeyFile(path, randomBytes)).rejects.toThrow(`chmod 600 ${path}`)
      await expect(readKeyFile(path)).rejects.toThrow(`chmod 600 ${path}`)
    },
  )

  it('leaves a file alone that it cannot read', async () => {
    await writeFile(path, 'not keys', { mode: 0o600 })
    await expect(loadKeyFile(path, randomBytes)).rejects.toThrow('not JSON')
    expect(await readFile(path, 'utf8')).toBe('not keys')
  })

  it('takes over the keys of another process that was a moment faster', async () => {
    const faster = newRing()
    // Called when it has been seen that there is no file.
    const randomBytesLater = (size: number) => {
      writeFileSync(path, formatKeyRing(faster), { mode: 0o600 })
      return randomBytes(size)
    }
    expect(await loadKeyFile(path, randomBytesLater)).toEqual(faster)
    expect(await readKeyFile(path)).toEqual(faster)
    expect(await readdir(directory)).toEqual(['secrets.json'])
  })

  it('gives all who start at the same time the same keys', async () => {
    const rings = await Promise.all(
      Array.from({ length: 16 }, () => loadKeyFile(path, randomBytes)),
    )
    const ids = new Set(rings.map((ring) => ring.current.id))
    expect(ids).toEqual(new Set([(await readKeyFile(path))?.current.id]))
    expect(await readdir(directory)).toEqual(['secrets.json'])
  })
})

describe('readKeyFile', () => {
  it('finds none where none is', async () => {
    expect(await readKeyFile(path)).toBeUndefined()
  })
})

describe('replaceKeyFile', () => {
  it('puts the new keys in a file that only its owner can read, and leaves nothing else', async () => {
    await loadKeyFile(path, randomBytes)
    const next = newRing()
    await replaceKeyFile(path, next)
    expect(await readKeyFile(path)).toEqual(next)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readdir(directory)).toEqual(['secrets.json'])
  })

  it('never writes into the old file, which a crash could leave in halves', async () => {
    const before = await loadKeyFile(path, randomBytes)
    const old = await open(path, 'r')
    await replaceKeyFile(path, newRing())
    expect(parseKeyRing(await old.readFile('utf8'))).toEqual(before)
    await old.close()
  })

  it('leaves no copy of the keys behind when it fails', async () => {
    await mkdir(path)
    await expect(replaceKeyFile(path, newRing())).rejects.toThrow()
    expect(await readdir(directory)).toEqual(['secrets.json'])
  })

  it('is seen whole by whoever reads meanwhile', async () => {
    const rings = [await loadKeyFile(path, randomBytes), newRing(), newRing(), newRing()]
    const texts = rings.map(formatKeyRing)
    let replacing = true
    const replaced = (async () => {
      for (const ring of rings.slice(1)) await replaceKeyFile(path, ring)
    })().finally(() => {
      replacing = false
    })
    while (replacing) expect(texts).toContain(await readFile(path, 'utf8'))
    await replaced
  })
})
