import type { AccountLimits } from './commands/context.ts'
import type { Config } from './config.ts'

/** Several nodes may each hold two pools of `sessionsPerRole`; the role itself is bounded too. */
const connectionsPerRole = 64
const creatingKeysPerAccount = 500
const tablesPerKey = 500
const tempFileMegabytes = 512

/** What accounts are bounded by, from the settings. */
export function accountLimits(config: Config): AccountLimits {
  return {
    connectionsPerRole,
    creatingKeysPerAccount,
    tablesPerKey,
    statementTimeoutMs: config.statementTimeoutMs,
    masterStatementTimeoutMs: config.masterStatementTimeoutMs,
    tempFileMegabytes,
  }
}
