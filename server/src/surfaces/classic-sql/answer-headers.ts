import type { Principal } from '../../credential/principal.ts'

const maxClientLength = 100

/**
 * What every answer of the SQL API says about itself, errors included: whose account it is, which
 * node answered, and the client's own name for itself, as far as a header can hold that.
 */
export function identityHeaders(
  principal: Principal,
  nodeName: string,
  client: unknown,
): Record<string, string> {
  return {
    'carto-user': principal.accountName,
    'carto-user-id': principal.accountId,
    'x-served-by-host': nodeName,
    ...(typeof client === 'string' &&
      client !== '' && {
        'carto-client': client.slice(0, maxClientLength).replace(/[^ -~]/g, '_'),
      }),
  }
}
