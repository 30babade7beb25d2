import { checksumOf, type RandomBytes, randomBase62 } from './base62.ts'

/**
 * The shapes a token can have. Alphanumeric throughout, so that a double click selects it whole; a
 * prefix, so that scanners can find it; a checksum at the end, so that rubbish is refused without
 * any lookup and scanners have no false positives. At least 128 bits are random (22 characters of
 * Base62 are 131 bits).
 */
export const tokenShapes = {
  master: { prefix: 'pstm', randomLength: 30 },
  regular: { prefix: 'pstr', randomLength: 22 },
  session: { prefix: 'psts', randomLength: 22 },
  access: { prefix: 'pstt', randomLength: 22 },
  oauth: { prefix: 'psto', randomLength: 22 },
  refresh: { prefix: 'psth', randomLength: 22 },
  code: { prefix: 'pstc', randomLength: 22 },
  invitation: { prefix: 'psti', randomLength: 22 },
  clientSecret: { prefix: 'pstk', randomLength: 30 },
} as const

export type TokenKind = keyof typeof tokenShapes

/** The literal that names the default public key. It is an identifier, not a secret. */
export const defaultPublicToken = 'default_public'

const checksumLength = 6

/** Makes a new token of `kind`. A master token has 40 characters. */
export function mintToken(kind: TokenKind, randomBytes: RandomBytes): string {
  const { prefix, randomLength } = tokenShapes[kind]
  const body = prefix + randomBase62(randomLength, randomBytes)
  return body + checksumOf(body)
}

/** What kind of token this text can be; undefined when it cannot be one of ours. */
export function tokenKindOf(text: string): TokenKind | 'default' | undefined {
  if (text === defaultPublicToken) return 'default'
  for (const kind of Object.keys(tokenShapes) as TokenKind[]) {
    const { prefix, randomLength } = tokenShapes[kind]
    if (!text.startsWith(prefix)) continue
    if (text.length !== prefix.length + randomLength + checksumLength) continue
    if (!/^[0-9A-Za-z]+$/.test(text)) continue
    const body = text.slice(0, -checksumLength)
    if (checksumOf(body) === text.slice(-checksumLength)) return kind
  }
  return undefined
}
