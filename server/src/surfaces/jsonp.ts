import { AccessError } from '../errors.ts'

/** What a script is sent as. */
export const scriptType = 'application/javascript; charset=utf-8'

const maxCallbackLength = 128
const name = '[A-Za-z_$][A-Za-z0-9_$]*'
const dottedName = new RegExp(`^${name}(\\.${name})*$`)

/**
 * The function that a script is to call with the answer; undefined when none is asked for. Throws
 * invalid_parameter for anything but a name, since what stands here is run by the page.
 */
export function readCallback(value: unknown): string | undefined {
  if (value === undefined || value === '') return undefined
  if (isCallback(value)) return value
  throw new AccessError('invalid_parameter', {
    message: 'callback must be the name of a JavaScript function.',
  })
}

/** The same for an answer that is an error already: what cannot be called is not. */
export function findCallback(...sources: readonly unknown[]): string | undefined {
  for (const source of sources) {
    if (typeof source !== 'object' || source === null) continue
    const { callback } = source as { readonly callback?: unknown }
    if (callback !== undefined && callback !== '')
      return isCallback(callback) ? callback : undefined
  }
  return undefined
}

/** An error as a script: it calls the function if the page still has it. */
export function errorScript(callback: string, json: string): string {
  return `/**/ typeof ${callback} === 'function' && ${callback}(${json});`
}

function isCallback(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxCallbackLength && dottedName.test(value)
}
