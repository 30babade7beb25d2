import type { FastifyRequest } from 'fastify'
import { accountOfHost, nameAccount } from '../../credential/name-account.ts'
import { accountOfPath } from '../account-prefix.ts'
import type { OwnAddress } from '../session-cookie.ts'

/** The account that an address names, by its path or its host: clients of others are unknown there. */
export function accountNamedBy(
  request: FastifyRequest,
  { ownHosts }: Pick<OwnAddress, 'ownHosts'>,
): string | undefined {
  return nameAccount({
    path: accountOfPath(request.raw),
    host: accountOfHost(request.headers.host, ownHosts()),
    basicUser: undefined,
    parameter: undefined,
  })
}
