import { randomBytes } from 'node:crypto'
import { accountLimits } from './account-limits.ts'
import type { CommandContext } from './commands/context.ts'
import type { Config } from './config.ts'
import type { Installation } from './installation.ts'
import type { Observe } from './observations.ts'
import type { Node } from './revocation/node.ts'
import { createRevoker } from './revocation/revoke.ts'
import { createPasswords } from './token/passwords.ts'

/** What commands work with: in a serving process with its node, elsewhere without one. */
export function createCommandContext(
  { store, admin, servers, keys }: Installation,
  config: Config,
  observe: Observe,
  node?: Pick<Node, 'catchUp' | 'findApplied'>,
): CommandContext {
  return {
    store,
    admin,
    servers,
    keyRing: () => keys.current(),
    revoker: createRevoker({ store, node }),
    now: () => new Date(),
    randomBytes,
    passwords: createPasswords(),
    observe,
    limits: accountLimits(config),
  }
}
