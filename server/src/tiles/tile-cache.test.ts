import { describe, expect, it, vi } from 'vitest'
import { deferred } from '../warehouse/deferred.ts'
import { createTileCache, type StoredTile, type TileOrigin } from './tile-cache.ts'

const origin: TileOrigin = {
  accountId: 'a',
  database: 'd',
  table: { schema: 'public', name: 'towns' },
}
const fromAnything: TileOrigin = { ...origin, table: undefined }

function tile(text: string): StoredTile {
  return { bytes: Buffer.from(text), isGzipped: false, etag: `W/"${text}"` }
}

/** Asks for a tile and says whether it had to be made. */
async function isMade(
  cache: ReturnType<typeof createTileCache>,
  of: TileOrigin = origin,
  key = 'k',
): Promise<boolean> {
  const make = vi.fn(async () => tile('made'))
  await cache.get(of, key, make)
  return make.mock.calls.length > 0
}

describe('a tile cache', () => {
  it('makes a tile once, and another for another key or origin', async () => {
    const cache = createTileCache({ maxBytes: 100_000 })
    expect(await isMade(cache)).toBe(true)
    expect(await isMade(cache)).toBe(false)
    expect(await isMade(cache, origin, 'other')).toBe(true)
    for (const other of [
      { ...origin, accountId: 'b' },
      { ...origin, database: 'e' },
      { ...origin, server: 's' },
      fromAnything,
    ]) {
      expect(await isMade(cache, other)).toBe(true)
    }
  })

  it('keeps no more bytes than it may, and nothing when that is none', async () => {
    const cache = createTileCache({ maxBytes: 10_000 })
    for (let index = 0; index < 100; index += 1) {
      await cache.get(origin, String(index), async () => tile('x'.repeat(1_000)))
      expect(cache.bytes()).toBeLessThanOrEqual(10_000)
    }
    expect(cache.bytes()).toBeGreaterThan(5_000)
    expect(await isMade(cache, origin, '99')).toBe(false)
    const off = createTileCache({ maxBytes: 0 })
    expect(await isMade(off)).toBe(true)
    expect(await isMade(off)).toBe(true)
  })

  it('makes a tile once for all who ask at the same time', async () => {
    const cache = createTileCache({ maxBytes: 100_000 })
    const made = deferred<StoredTile>()
    const make = vi.fn(() => made.promise)
    const asked = [1, 2, 3].map(() => cache.get(origin, 'k', make))
    made.resolve(tile('one'))
    for (const answer of await Promise.all(asked)) expect(String(answer.bytes)).toBe('one')
    expect(make).toHaveBeenCalledTimes(1)
  })

  it('passes nobody the failure of another', async () => {
    const cache = createTileCache({ maxBytes: 100_000 })
    const made = deferred<StoredTile>()
    const first = cache.get(origin, 'k', () => made.promise)
    const second = cache.get(origin, 'k', async () => tile('mine'))
    made.reject(new Error('The credential of the first has ended.'))
    await expect(first).rejects.toThrow('The credential')
    expect(String((await second).bytes)).toBe('mine')
  })

  it.each([
    ['a write to its table', 'towns', true, true],
    ['a write to another table', 'rivers', false, true],
  ])('after %s a tile of the table is made anew: %s', async (_name, written, ofTable, ofAny) => {
    const cache = createTileCache({ maxBytes: 100_000 })
    await isMade(cache)
    await isMade(cache, fromAnything)
    cache.forgetWritten({ database: 'd' }, [{ name: written }])
    expect(await isMade(cache)).toBe(ofTable)
    expect(await isMade(cache, fromAnything)).toBe(ofAny)
  })

  it.each([
    [
      'a write to who knows what',
      (cache: ReturnType<typeof createTileCache>) =>
        cache.forgetWritten({ database: 'd' }, undefined),
    ],
    [
      'a change of what may be read',
      (cache: ReturnType<typeof createTileCache>) => cache.forgetAccount('a'),
    ],
    [
      'a change that concerns everybody',
      (cache: ReturnType<typeof createTileCache>) => cache.clear(),
    ],
  ])('after %s every tile of it is made anew', async (_name, change) => {
    const cache = createTileCache({ maxBytes: 100_000 })
    await isMade(cache)
    await isMade(cache, fromAnything)
    change(cache)
    expect(await isMade(cache)).toBe(true)
    expect(await isMade(cache, fromAnything)).toBe(true)
  })

  it('does not serve what was being made when it had to be forgotten', async () => {
    const cache = createTileCache({ maxBytes: 100_000 })
    const made = deferred<StoredTile>()
    const first = cache.get(origin, 'k', () => made.promise)
    cache.forgetWritten({ database: 'd' }, [{ schema: 'public', name: 'towns' }])
    const second = await cache.get(origin, 'k', async () => tile('new'))
    made.resolve(tile('old'))
    await first
    expect(String(second.bytes)).toBe('new')
    expect(String((await cache.get(origin, 'k', async () => tile('again'))).bytes)).toBe('new')
  })
})
