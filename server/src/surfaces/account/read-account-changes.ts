import { AccessError } from '../../errors.ts'
import type { AccountSettings } from '../../store/accounts.ts'

/** What owners may set, by its name on the wire. */
const names = { master_on_data: 'masterOnData', show_once: 'showOnce' } as const

const setByOperator: ReadonlySet<string> = new Set(['key_quota', 'rate_limit', 'engine'])

/**
 * What a request changes of an account. Throws invalid_parameter for what is no switch of an owner, so
 * that nothing is taken for done that was not understood.
 */
export function readAccountChanges(
  body: Readonly<Record<string, unknown>>,
): Pick<Partial<AccountSettings>, 'masterOnData' | 'showOnce'> {
  const entries = Object.entries(body).map(([name, value]) => {
    if (setByOperator.has(name)) throw invalid(`${name} is set by the operator of this server.`)
    if (!isName(name)) throw invalid(`There is no setting ${JSON.stringify(name)}.`)
    if (typeof value !== 'boolean') throw invalid(`${name} is true or false.`)
    return [names[name], value] as const
  })
  if (entries.length === 0) throw invalid('master_on_data or show_once is needed.')
  return Object.fromEntries(entries)
}

function isName(name: string): name is keyof typeof names {
  return Object.hasOwn(names, name)
}

function invalid(message: string): AccessError {
  return new AccessError('invalid_parameter', { message })
}
