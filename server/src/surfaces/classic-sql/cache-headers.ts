import { createHash } from 'node:crypto'
import type { AffectedTable } from '../../warehouse/affected-tables.ts'

const oneYear = 'max-age=31536000'
const fiveMinutesMs = 300_000
/** Servers in between take headers of about 8 KiB. */
const maxListLength = 4_000

/** For every answer that is not the same for everybody: nobody but the client may keep it. */
export const privateHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-cache,max-age=0,must-revalidate,private',
}

/**
 * The headers of an answer that everybody would get: how long caches may keep it, and by which tables
 * they find it again when one of them changes. docs/decisions/0013-public-answers-only.md
 */
export function publicHeaders(answer: {
  readonly database: string
  readonly tables: readonly AffectedTable[]
  readonly isPersistent: boolean
  readonly now: Date
}): Readonly<Record<string, string>> {
  const { database, tables, isPersistent, now } = answer
  const times = tables.flatMap(({ changedAtMs }) => changedAtMs ?? [])
  const names = tables.map(({ schema, name }) => `${word(schema)}.${word(name)}`)
  const channel = `${word(database)}:${names.join(',')}`
  const keys = tables.map((table) => surrogateKey(database, table)).sort()
  if (channel.length > maxListLength) return privateHeaders
  return {
    'cache-control': isPersistent
      ? `public,${oneYear}`
      : `no-cache,${times.length === tables.length ? oneYear : untilNextMark(now)},must-revalidate,public`,
    'last-modified': new Date(times.length === 0 ? now : Math.max(...times)).toUTCString(),
    ...(times.length > 0 && { 'x-cache-channel': channel, 'surrogate-key': keys.join(' ') }),
  }
}

/** To the next five minutes of the clock, so that answers of one page age together. */
function untilNextMark(now: Date): string {
  const leftMs = fiveMinutesMs - (now.getTime() % fiveMinutesMs)
  return `max-age=${Math.ceil(leftMs / 1000)}`
}

function surrogateKey(database: string, { schema, name }: AffectedTable): string {
  const digest = createHash('sha256').update(`${database}:${schema}.${name}`).digest('base64')
  return `t:${digest.slice(0, 6)}`
}

/** Names may hold what headers and lists may not. */
function word(name: string): string {
  return name.replace(/[^A-Za-z0-9_$-]/gu, (character) => encodeURIComponent(character))
}
