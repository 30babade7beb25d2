import type { Principal } from '../credential/principal.ts'
import type { ErrorCode } from '../errors.ts'
import { mayUseApi } from './decide-source.ts'
import type { Lack } from './lack.ts'
import { isAllowedReferer, refererOf } from './referers.ts'

/** What turns a credential away before it is looked at what is asked; the first is the one that does. */
export function lacksAtDoor(
  principal: Principal,
  request: {
    readonly api: 'sql' | 'maps'
    /** Where the request says it comes from. */
    readonly origin: string | undefined
    readonly now: Date
  },
): { readonly reason: ErrorCode; readonly lack: Lack }[] {
  const { kind, expiresAtMs, engineEnabled, referers = [], allowedApis } = principal
  const found: { reason: ErrorCode; lack: Lack }[] = []
  if (expiresAtMs !== undefined && request.now.getTime() >= expiresAtMs) {
    const lack = { what: 'validity', expiredAt: new Date(expiresAtMs) } as const
    found.push({ reason: 'invalid_credential', lack })
  }
  const from = refererOf({ referer: undefined, origin: request.origin })
  if (!isAllowedReferer(referers, from)) {
    const lack = { what: 'referer', referer: from ?? null } as const
    found.push({ reason: 'referer_not_allowed', lack })
  }
  if (kind === 'regular' && !engineEnabled) {
    found.push({ reason: 'invalid_credential', lack: { what: 'engine' } })
  }
  if (!mayUseApi({ ...principal, engineEnabled: true }, request.api)) {
    const isKept = kind === 'master' && !allowedApis.includes(request.api)
    found.push({
      reason: 'api_not_allowed',
      lack: isKept ? { what: 'master_on_data' } : { what: 'api', api: request.api },
    })
  }
  return found
}
