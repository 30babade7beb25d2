import type { ErrorCode } from './errors.ts'

/**
 * Everything worth a log line, a metric or an audit row, said once. Readers (logger, metrics)
 * each decide what to do with it. No member may carry a secret or a caller's SQL.
 */
export type Observation =
  | {
      readonly event: 'request_completed'
      readonly requestId: string
      readonly operation: string
      readonly method: string
      /** The path without its query string: queries carry credentials. */
      readonly path: string
      readonly status: number
      readonly durationMs: number
      readonly bytesSent: number
      readonly account?: string | undefined
      readonly credentialId?: string | undefined
      readonly credentialKind?: string | undefined
      readonly error?: ErrorCode | undefined
    }
  | { readonly event: 'internal_error'; readonly requestId: string; readonly cause: unknown }
  | { readonly event: 'credential_verified'; readonly from: 'cache' | 'store' }
  | { readonly event: 'statement_cancelled'; readonly role: string; readonly reason: string }
  | { readonly event: 'session_terminated'; readonly role: string; readonly reason: string }
  | {
      readonly event: 'credential_revoked'
      readonly credentialId: string
      readonly epoch: number
      readonly nodes: number
      readonly responsesAborted: number
      readonly sessionsEnded: number
      readonly elapsedMs: number
    }
  | { readonly event: 'lease_lost'; readonly cause: unknown }
  | { readonly event: 'lease_regained'; readonly epoch: number }
  | { readonly event: 'role_password_restored'; readonly role: string }
  | { readonly event: 'reconciled'; readonly repair: string; readonly subject: string }
  | { readonly event: 'warehouse_unreachable'; readonly cause: unknown }
  | { readonly event: 'usage_not_written'; readonly cause: unknown }
  | { readonly event: 'audit_not_forgotten'; readonly cause: unknown }
  /** Counted by nobody: there was no room to remember it while the control database was away. */
  | { readonly event: 'usage_lost'; readonly requests: number }
  | { readonly event: 'cluster_progress'; readonly message: string }
  | {
      readonly event: 'cluster_exited'
      readonly exitCode: number | null
      readonly restarting: boolean
    }
  | { readonly event: 'account_created' | 'account_deleted'; readonly account: string }
  | {
      readonly event: 'account_changed'
      readonly account: string
      readonly keyQuota?: number | null
      readonly requestsPerSecond?: number | null
      readonly engineEnabled?: boolean
      readonly masterOnData?: boolean
      readonly showOnce?: boolean
    }
  | {
      readonly event:
        | 'api_key_created'
        | 'api_key_deleted'
        | 'api_key_regenerated'
        | 'access_token_created'
        | 'access_token_updated'
        | 'access_token_deleted'
      readonly credentialId: string
    }
  | {
      readonly event: 'user_created' | 'user_changed' | 'user_deleted' | 'signed_in'
      readonly userId: string
    }
  | { readonly event: 'signed_out' }
  | {
      readonly event: 'second_factor_changed'
      readonly userId: string
      readonly isOn: boolean
    }
  | {
      readonly event: 'oauth_client_created' | 'oauth_client_deleted' | 'oauth_token_issued'
      readonly clientId: string
    }
  | { readonly event: 'oauth_grant_ended'; readonly reason: 'asked' | 'misused' }
  | { readonly event: 'sign_in_refused'; readonly reason: 'failed' | 'blocked' }
  | {
      readonly event: 'batch_job_created'
      readonly jobId: string
      readonly account: string
      readonly credentialId: string
    }
  | {
      readonly event: 'batch_job_ended'
      readonly jobId: string
      readonly account: string
      readonly credentialId: string
      readonly state: 'done' | 'failed' | 'cancelled'
      readonly durationMs: number
    }
  | { readonly event: 'batch_trouble'; readonly jobId?: string; readonly cause: unknown }
  | { readonly event: 'started'; readonly url: string }
  | { readonly event: 'stopped' }

export type Observe = (observation: Observation) => void
