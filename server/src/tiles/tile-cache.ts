import { LRUCache } from 'lru-cache'
import type { WrittenRelations } from '../warehouse/run-statement.ts'

/** A tile as it is kept and sent. */
export type StoredTile = {
  /** Empty: nothing lies in the tile. */
  readonly bytes: Buffer
  readonly isGzipped: boolean
  readonly etag: string
}

/** What a tile was made from, as far as changes to it are heard of. */
export type TileOrigin = {
  readonly accountId: string
  readonly database: string
  /** The server of the database, where it is not the installation's own. */
  readonly server?: string | undefined
  /** The one table that it was read from; undefined when it may have been any. */
  readonly table: { readonly schema: string; readonly name: string } | undefined
}

/**
 * Tiles by what they show and to whom it may be shown. It never says who may see a tile: whoever asks
 * has been authenticated and decided about before.
 */
export type TileCache = {
  /**
   * The tile of this key, made by `make` when there is none. Those who ask for the same tile while it
   * is made wait for it; when making it fails, each of them makes it anew, on its own account.
   */
  get(origin: TileOrigin, key: string, make: () => Promise<StoredTile>): Promise<StoredTile>
  /** Forgets what was made from these tables, and from sources that may have read them. */
  forgetWritten(
    database: { server?: string | undefined; database: string },
    tables: WrittenRelations,
  ): void
  /** What may be read in an account has changed: forgets all of its tiles. */
  forgetAccount(accountId: string): void
  clear(): void
  /**
   * Changes whenever something may have changed about what can be read there: what was seen before
   * says nothing of it any more.
   */
  stampOf(place: Omit<TileOrigin, 'table'>): string
  /** Whether anything is kept. */
  readonly isOn: boolean
  bytes(): number
}

/** What others wrote, of which nobody tells this process, shows after so long at the latest. */
const maxAgeMs = 60_000
/** What an entry takes beside its bytes. */
const entryBytes = 300
/** More tables than these of one database are not told apart. */
const maxTablesTold = 1_000

/** How often what hangs on something was forgotten. */
type Generations = { any: number; all: number; readonly tables: Map<string, number> }

/**
 * Keeps at most `maxBytes`; 0 keeps nothing, and equal tiles are then made once for each who asks.
 * Forgetting changes the key that a tile would be found by, so a tile that is being made meanwhile is
 * never found afterwards either.
 */
export function createTileCache(options: { readonly maxBytes: number }): TileCache {
  const { maxBytes } = options
  const tiles =
    maxBytes === 0
      ? undefined
      : new LRUCache<string, StoredTile>({
          maxSize: maxBytes,
          // One tile must not push out all the others.
          maxEntrySize: Math.max(1, Math.floor(maxBytes / 4)),
          sizeCalculation: ({ bytes }, key) => bytes.length + key.length + entryBytes,
          ttl: maxAgeMs,
        })
  const making = new Map<string, Promise<StoredTile>>()
  const accounts = new Map<string, number>()
  const databases = new Map<string, Generations>()
  let cleared = 0

  function generationsOf(server: string | undefined, database: string): Generations {
    const id = `${server ?? ''}\0${database}`
    let generations = databases.get(id)
    if (generations === undefined) {
      generations = { any: 0, all: 0, tables: new Map() }
      databases.set(id, generations)
    }
    return generations
  }

  function prefixOf({ accountId, server, database, table }: TileOrigin): string {
    const generations = generationsOf(server, database)
    const written =
      table === undefined
        ? `any ${generations.any}`
        : `${generations.all} ${generations.tables.get(nameOf(table.schema, table.name)) ?? 0}`
    return `${cleared} ${accountId} ${accounts.get(accountId) ?? 0} ${server ?? ''} ${database} ${written}\0`
  }

  return {
    async get(origin, key, make) {
      if (tiles === undefined) return make()
      const fullKey = prefixOf(origin) + key
      const kept = tiles.get(fullKey)
      if (kept !== undefined) return kept
      const running = making.get(fullKey)
      if (running !== undefined) {
        const shared = await running.catch(() => undefined)
        return shared ?? make()
      }
      const made = make()
      making.set(fullKey, made)
      try {
        const tile = await made
        tiles.set(fullKey, tile)
        return tile
      } finally {
        making.delete(fullKey)
      }
    },
    forgetWritten({ server, database }, tables) {
      const generations = generationsOf(server, database)
      generations.any += 1
      if (tables === undefined || generations.tables.size + tables.length > maxTablesTold) {
        generations.all += 1
        generations.tables.clear()
        return
      }
      for (const { schema = 'public', name } of tables) {
        const id = nameOf(schema, name)
        generations.tables.set(id, (generations.tables.get(id) ?? 0) + 1)
      }
    },
    forgetAccount(accountId) {
      accounts.set(accountId, (accounts.get(accountId) ?? 0) + 1)
    },
    clear() {
      cleared += 1
      tiles?.clear()
    },
    stampOf({ accountId, server, database }) {
      const { all } = generationsOf(server, database)
      return `${cleared} ${accountId} ${accounts.get(accountId) ?? 0} ${server ?? ''} ${database} ${all}`
    },
    isOn: tiles !== undefined,
    bytes: () => tiles?.calculatedSize ?? 0,
  }
}

function nameOf(schema: string, name: string): string {
  return `${schema}\0${name}`
}
