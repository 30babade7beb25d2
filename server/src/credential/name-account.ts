import { AccessError } from '../errors.ts'
import { accountNamePattern } from '../policy/account-name.ts'

/**
 * The account that a request names, by its path (`/user/NAME/...`), its host (`NAME.host`), its
 * Basic user name or a parameter. Undefined when it names none. Throws account_mismatch when two of them differ,
 * account_not_found for what cannot be an account's name.
 */
export function nameAccount(names: {
  readonly path: string | undefined
  readonly host: string | undefined
  readonly basicUser: string | undefined
  readonly parameter: string | undefined
}): string | undefined {
  const named = [names.path, names.host, names.basicUser, names.parameter].filter(
    (name) => name !== undefined,
  )
  const [first, ...others] = named
  if (others.some((other) => other !== first)) throw new AccessError('account_mismatch')
  if (first !== undefined && !accountNamePattern.test(first)) {
    throw new AccessError('account_not_found', { message: first })
  }
  return first
}

/**
 * The account label of a `Host` header: the one label in front of a host that we are reached at.
 * Undefined for those hosts themselves, for addresses, and for hosts that are none of ours.
 */
export function accountOfHost(
  hostHeader: string | undefined,
  ownHosts: readonly string[],
): string | undefined {
  const host = hostHeader?.replace(/:\d*$/, '').toLowerCase().replace(/\.$/, '')
  if (host === undefined || ownHosts.includes(host)) return undefined
  for (const ownHost of ownHosts) {
    if (!host.endsWith(`.${ownHost}`)) continue
    const label = host.slice(0, -ownHost.length - 1)
    if (/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(label)) return label
  }
  return undefined
}
