import { getRingKey } from '../token/key-ring.ts'
import { openSealed, seal } from '../token/seal.ts'
import type { CommandContext } from './context.ts'

const validForMs = 10 * 60_000
const boundTo = 'sign_on'

/**
 * Seals what a browser that is sent to the provider has to bring back, in its cookie: nobody can read it,
 * make one or use it later than in ten minutes.
 */
export function sealSignOn(
  { keyRing, randomBytes, now }: Pick<CommandContext, 'keyRing' | 'randomBytes' | 'now'>,
  attempt: Readonly<Record<string, unknown>>,
): string {
  const { current } = keyRing()
  const text = JSON.stringify({ ...attempt, until: now().getTime() + validForMs })
  const envelope = seal(current, text, boundTo, randomBytes)
  return `${current.id}.${envelope.toString('base64url')}`
}

/** What was sealed; undefined when it was not by us, or too long ago. */
export function openSignOn(
  { keyRing, now }: Pick<CommandContext, 'keyRing' | 'now'>,
  sealed: string,
): Readonly<Record<string, unknown>> | undefined {
  const [keyId = '', envelope = ''] = sealed.split('.')
  try {
    const key = getRingKey(keyRing(), keyId)
    const opened = JSON.parse(openSealed(key, Buffer.from(envelope, 'base64url'), boundTo))
    return typeof opened.until === 'number' && now().getTime() < opened.until ? opened : undefined
  } catch {
    // Somebody else's, or sealed with a key that is gone: it proves nothing.
    return undefined
  }
}
