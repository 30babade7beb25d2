import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { AccessError } from '../../errors.ts'

/** The parameters of a map as text, by name. */
export type PackedParameters = Readonly<Record<string, string>>

/** What long parameters are packed into. */
export const packedName = 'packed'

/** Longer ones are packed: browsers and proxies take addresses of a few thousand characters. */
const maxPlainLength = 3_000
/** What proxies take at the most, with room for the rest of the address. */
const maxPackedLength = 30_000
const maxUnpackedBytes = 1024 * 1024

/**
 * The parameters as a query string, compressed where they are long. That is another spelling and
 * nothing else: it opens nothing, ends never, and is read as if it had been sent plainly. Throws
 * invalid_parameter for what no address can hold.
 */
export function packParameters(parameters: PackedParameters): URLSearchParams {
  const plain = new URLSearchParams(parameters)
  if (String(plain).length <= maxPlainLength) return plain
  const packed = deflateRawSync(JSON.stringify(parameters), { level: 9 }).toString('base64url')
  if (packed.length > maxPackedLength) {
    throw new AccessError('invalid_parameter', {
      message:
        'The parameters are too long for the addresses of tiles. Shorten the query or its filters.',
    })
  }
  return new URLSearchParams({ [packedName]: packed })
}

/** Reads what packParameters has packed. Throws invalid_parameter. */
export function unpackParameters(text: string): PackedParameters {
  try {
    const json = inflateRawSync(Buffer.from(text, 'base64url'), {
      maxOutputLength: maxUnpackedBytes,
    })
    const parameters: unknown = JSON.parse(json.toString('utf8'))
    if (typeof parameters === 'object' && parameters !== null && !Array.isArray(parameters)) {
      const texts = Object.entries(parameters).filter(([, value]) => typeof value === 'string')
      return Object.fromEntries(texts)
    }
  } catch {}
  throw new AccessError('invalid_parameter', {
    message: `The parameter "${packedName}" was not made by this server.`,
  })
}
