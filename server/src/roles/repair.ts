import { isUnreachable } from '../store/database.ts'
import type { Finding } from './finding.ts'

/** What to say of something that the doctor can put right. */
export const doctorRemedy = 'Run `postern doctor`: it mends this.'

/**
 * Does `work`, or with `mend` false only says what it would be done for. One repair that fails must
 * not keep the others from being done; a server that has gone away must.
 */
export async function repair(
  mend: boolean,
  found: { readonly subject: string; readonly sentence: string },
  work: () => Promise<unknown>,
): Promise<Finding> {
  if (!mend) return { ...found, severity: 'problem', remedy: doctorRemedy }
  try {
    await work()
    return { ...found, severity: 'mended' }
  } catch (error) {
    if (isUnreachable(error)) throw error
    const reason = error instanceof Error ? error.message : String(error)
    return {
      ...found,
      severity: 'problem',
      remedy: `Mending it failed (${reason}). Remove the cause, then run \`postern doctor\`.`,
    }
  }
}
