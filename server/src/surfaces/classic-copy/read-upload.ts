import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { AccessError } from '../../errors.ts'

export type UploadLimits = {
  readonly maxBytes: number
  /** What the account may still store. */
  readonly quotaBytes: number
  /** How long the client may send nothing while we wait for it. */
  readonly maxSilenceMs: number
}

/** Whether the body is compressed. Throws unsupported_media_type for what is not gzip. */
export function isGzipped(request: Pick<IncomingMessage, 'headers'>): boolean {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (encoding === '' || encoding === 'identity') return false
  if (encoding === 'gzip' || encoding === 'x-gzip') return true
  throw new AccessError('unsupported_media_type', {
    message: 'Content-Encoding may be gzip or nothing.',
  })
}

/**
 * The body of an upload, decompressed, piece by piece and only when the next one is asked for.
 * Throws copy_too_large, quota_exceeded, copy_too_slow and malformed_gzip, and what the request
 * throws when it breaks off. Leaves the request as it is when nobody asks for more.
 */
export async function* readUpload(
  request: IncomingMessage,
  limits: UploadLimits,
): AsyncGenerator<Buffer> {
  const sent = limited(unbroken(request, limits.maxSilenceMs), limits.maxBytes)
  const content = isGzipped(request) ? limited(gunzipped(sent), limits.maxBytes) : sent
  let bytes = 0
  for await (const chunk of content) {
    bytes += chunk.length
    if (bytes > limits.quotaBytes) throw new AccessError('quota_exceeded')
    yield chunk
  }
}

async function* limited(source: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of source) {
    bytes += chunk.length
    if (bytes > maxBytes) throw tooLarge(maxBytes)
    yield chunk
  }
}

export function tooLarge(maxBytes: number): AccessError {
  return new AccessError('copy_too_large', {
    message: `COPY FROM maximum POST size of ${sizeInWords(maxBytes)} exceeded`,
  })
}

function sizeInWords(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  let unit = 0
  let size = bytes
  while (size >= 1024 && size % 1024 === 0 && unit < units.length - 1) {
    size /= 1024
    unit += 1
  }
  return `${size} ${units[unit]}`
}

/** The pieces as they arrive. The request is not destroyed with the iteration: it is to be answered. */
async function* unbroken(request: IncomingMessage, maxSilenceMs: number): AsyncGenerator<Buffer> {
  const pieces: AsyncIterator<Buffer> = request.iterator({ destroyOnReturn: false })
  try {
    for (;;) {
      const { done, value } = await inTime(pieces.next(), maxSilenceMs)
      if (done === true) return
      yield value
    }
  } finally {
    // Not waited for: it would wait for the piece that has not come.
    pieces.return?.()?.catch(() => {})
  }
}

async function inTime<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AccessError('copy_too_slow')), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

async function* gunzipped(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip()
  const sent = Readable.from(source, { objectMode: false })
  sent.on('error', (error) => gunzip.destroy(error))
  try {
    yield* sent.pipe(gunzip)
  } catch (error) {
    const isOfZlib = String((error as NodeJS.ErrnoException).code).startsWith('Z_')
    if (!isOfZlib) throw error
    throw new AccessError('malformed_gzip', {
      message: `Error while gunzipping: ${(error as Error).message}`,
      cause: error,
    })
  } finally {
    sent.destroy()
    gunzip.destroy()
  }
}
