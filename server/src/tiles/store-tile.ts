import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { StoredTile } from './tile-cache.ts'

const compress = promisify(gzip)
/** Below this, compressing costs more than it saves. */
const compressAboveBytes = 860
/** Of what is made for one answer speed counts; what is made beforehand is compressed well. */
const quickLevel = 1

/** A tile in the form that it is kept in; one that is not kept is left as it is. */
export async function storeTile(bytes: Buffer, isKept: boolean): Promise<StoredTile> {
  // Weak: the compressed tile has the same tag as the plain one.
  const etag = `W/"${hash('sha1', bytes, 'base64url')}"`
  return isKept && isWorthCompressing(bytes)
    ? { bytes: await compressQuickly(bytes), isGzipped: true, etag }
    : { bytes, isGzipped: false, etag }
}

/** Whether compressing so much saves more than it costs. */
export function isWorthCompressing(bytes: Buffer): boolean {
  return bytes.length > compressAboveBytes
}

export function compressQuickly(bytes: Buffer): Promise<Buffer> {
  return compress(bytes, { level: quickLevel })
}
