import type { Observe } from '../observations.ts'
import type { Revoker } from '../revocation/revoke.ts'
import type { Admin } from '../roles/admin.ts'
import type { RegisteredServers } from '../roles/registered-servers.ts'
import type { Database } from '../store/database.ts'
import type { RandomBytes } from '../token/base62.ts'
import type { KeyRing } from '../token/key-ring.ts'
import type { Passwords } from '../token/passwords.ts'

/** What every command works with. The world comes in here: time, randomness, connections. */
export type CommandContext = {
  readonly store: Database
  readonly admin: Admin
  readonly servers: RegisteredServers
  readonly keyRing: () => KeyRing
  readonly revoker: Revoker
  readonly now: () => Date
  readonly randomBytes: RandomBytes
  readonly passwords: Passwords
  readonly observe: Observe
  readonly limits: AccountLimits
}

/** What every account and its roles are bounded by. */
export type AccountLimits = {
  /** CONNECTION LIMIT of each role. */
  readonly connectionsPerRole: number
  /** Keys with `create` per account: each makes the owner role a member of one more role. */
  readonly creatingKeysPerAccount: number
  /** Tables that one key can be granted: each makes its role a member of one more group role. */
  readonly tablesPerKey: number
  readonly statementTimeoutMs: number
  readonly masterStatementTimeoutMs: number
  /** temp_file_limit of each role, where Postern may set it. */
  readonly tempFileMegabytes: number
}
