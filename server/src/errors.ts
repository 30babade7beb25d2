/**
 * Every answer this server gives instead of the one that was asked for, by the stage that gives it.
 * A code knows its status and its public sentence; surfaces decide only the shape. A retired code
 * is never used again.
 */
export const errorTable = {
  // Reading the request
  malformed_request: { status: 400, message: 'The request could not be understood.' },
  malformed_body: { status: 400, message: 'The request body could not be understood.' },
  body_too_large: { status: 413, message: 'The request body is too large.' },
  unsupported_media_type: { status: 415, message: 'This content type is not supported here.' },
  header_too_large: { status: 431, message: 'The request headers are too large.' },
  request_timed_out: { status: 408, message: 'The request took too long to arrive.' },
  route_not_found: { status: 404, message: 'There is nothing at this address.' },
  method_not_allowed: { status: 405, message: 'This address takes other methods.' },
  dashboard_not_built: {
    status: 503,
    message: 'The dashboard is not built. Run `npm run build`, and start the server again.',
  },

  // Naming the account
  account_not_named: { status: 400, message: 'No account was named.' },
  account_not_found: { status: 404, message: 'There is no such account.' },
  engine_disabled: { status: 404, message: 'The engine of this account is switched off.' },
  account_mismatch: { status: 403, message: 'permission denied' },

  // Reading and verifying the credential
  missing_credential: { status: 401, message: 'No credential was sent.' },
  malformed_authorization: { status: 401, message: 'Unauthorized' },
  invalid_credential: { status: 401, message: 'Unauthorized' },

  // Signing in, and managing as somebody who has
  sign_in_failed: { status: 401, message: 'The account, the user or the password is wrong.' },
  sign_in_blocked: {
    status: 429,
    message: 'Too many attempts to sign in have failed. Try again later.',
  },
  sign_in_busy: {
    status: 503,
    message: 'Too many people are signing in right now. Try again in a moment.',
  },
  second_factor_needed: { status: 403, message: 'A code of the second factor is needed.' },
  second_factor_wrong: { status: 403, message: 'The code is wrong or was used already.' },
  second_factor_exists: {
    status: 409,
    message: 'There is a second factor already. Turn it off before you set up another.',
  },
  second_factor_not_begun: { status: 409, message: 'There is no second factor to do this with.' },
  session_required: {
    status: 403,
    message: 'This is for somebody who is signed in, in their own session.',
  },
  sign_on_refused: {
    status: 403,
    message: 'The provider names nobody who is a user of this account. Ask one of its owners.',
  },
  sign_on_failed: {
    status: 400,
    message: 'The provider did not say who you are, or it took too long. Begin anew.',
  },
  sign_on_unavailable: {
    status: 503,
    message: 'The provider cannot be reached right now, or none is set up. Try again in a moment.',
  },
  session_not_found: { status: 404, message: 'There is no such session.' },
  invitation_not_found: {
    status: 404,
    message: 'This invitation is unknown, used up, taken back or expired. Ask for a new one.',
  },
  confirmation_needed: { status: 403, message: 'Confirm who you are, and ask again.' },
  confirmation_failed: { status: 403, message: 'The password is wrong.' },
  not_signed_in: { status: 401, message: 'Nobody is signed in.' },
  foreign_request: {
    status: 403,
    message: 'This request does not come from a page of this server, or lacks its token.',
  },
  user_not_found: { status: 404, message: 'User not found' },
  invalid_user: { status: 400, message: 'The user is not valid.' },
  user_taken: {
    status: 409,
    message: 'There is already a user with this name or e-mail address.',
  },
  user_in_use: {
    status: 409,
    message: 'A token of this user is being made right now. Try again in a moment.',
  },
  last_owner: { status: 409, message: 'An account keeps at least one owner.' },

  // OAuth: those of the protocol are called as it calls them, behind `oauth_`.
  oauth_invalid_request: { status: 400, message: 'The request is not valid.' },
  oauth_invalid_client: { status: 401, message: 'The client is unknown or its secret is wrong.' },
  oauth_invalid_grant: {
    status: 400,
    message: 'The code or refresh token is unknown, used up, expired or for somebody else.',
  },
  oauth_unauthorized_client: { status: 400, message: 'The client may not use this grant type.' },
  oauth_unsupported_grant_type: { status: 400, message: 'This grant type is not supported.' },
  oauth_invalid_scope: { status: 400, message: 'The client may have no such scope.' },
  oauth_client_not_found: { status: 404, message: 'OAuth client not found' },
  invalid_oauth_client: { status: 400, message: 'The OAuth client is not valid.' },
  oauth_client_taken: { status: 409, message: 'There is already an OAuth client of this name.' },
  oauth_grant_not_found: { status: 404, message: 'There is no such grant.' },

  // Spending its allowance
  rate_limited: {
    status: 429,
    message: "You are over platform's limits. Please contact us to know more details",
  },

  // Deciding
  api_not_allowed: { status: 403, message: 'forbidden' },
  master_key_required: { status: 401, message: 'Unauthorized' },
  manager_required: {
    status: 403,
    message:
      'This credential opens data and manages nothing. Use the master key, a session or an OAuth access token.',
  },
  scope_missing: { status: 403, message: 'A scope is missing.' },
  level_too_low: { status: 403, message: 'A user of this level may not do this.' },
  preview_refused: { status: 403, message: 'This cannot be looked at here.' },
  referer_not_allowed: { status: 403, message: 'Unauthorized referer' },
  statement_not_allowed: { status: 403, message: 'This statement is not allowed for this key.' },
  statement_not_understood: { status: 400, message: 'The statement could not be parsed.' },
  system_tables_forbidden: { status: 403, message: 'system tables are forbidden' },
  source_not_granted: {
    status: 403,
    message: "You don't have permissions to read this resource",
  },

  // Checking what was asked for
  invalid_parameter: { status: 400, message: 'A parameter is not valid.' },
  column_not_found: { status: 400, message: 'Column not found' },
  invalid_callback: { status: 400, message: 'Invalid callback format' },
  invalid_format: { status: 400, message: 'Invalid format' },
  missing_sql: { status: 400, message: 'You must indicate a sql query' },
  sql_too_long: { status: 413, message: 'The SQL statement is too long.' },
  copy_too_large: { status: 400, message: 'COPY FROM maximum POST size exceeded' },
  copy_too_slow: {
    status: 400,
    message: 'Connection closed by server: input data too slow',
  },
  malformed_gzip: { status: 400, message: 'Error while gunzipping' },
  no_rows_copied: { status: 400, message: 'No rows copied' },
  quota_exceeded: { status: 400, message: 'DB Quota exceeded' },
  invalid_grants: { status: 422, message: 'Validation failed' },
  invalid_account_name: { status: 422, message: 'The account name is not valid.' },
  account_name_taken: { status: 409, message: 'The account name is taken.' },
  batch_sql_invalid: { status: 400, message: 'You must indicate a valid SQL' },
  batch_payload_too_large: { status: 400, message: 'Your payload is too large.' },
  batch_queue_full: { status: 400, message: 'Failed to create job.' },
  batch_job_not_found: { status: 400, message: 'Job not found' },
  batch_job_not_pending: {
    status: 400,
    message: 'Job is not pending, it cannot be updated',
  },
  batch_job_ended: { status: 400, message: 'Cannot set status to cancelled' },
  invalid_token_request: { status: 400, message: 'The access token is not valid.' },
  access_token_not_found: { status: 404, message: 'Token not found' },
  connection_not_found: { status: 404, message: 'Connection not found' },
  resource_not_found: { status: 404, message: 'There is no such schema, table or view here.' },
  invalid_connection: { status: 422, message: 'The connection is not valid.' },
  connection_in_use: { status: 409, message: 'The connection is in use.' },
  named_source_not_found: { status: 404, message: 'Named source not found' },
  invalid_named_source: { status: 422, message: 'The named source is not valid.' },
  server_unreachable: {
    status: 422,
    message:
      'The server could not be reached. Check host, port and TLS mode; the operator of Postern decides which networks servers may be in.',
  },
  server_refused: {
    status: 422,
    message: 'The server refused the log-in. Check user, password and database.',
  },
  server_not_ready: { status: 422, message: 'The server is not ready to be used.' },
  table_not_found: { status: 404, message: 'Table not found' },
  token_not_kept: {
    status: 409,
    message:
      'This account shows tokens once, so this one is not kept. Whoever has lost it regenerates it.',
  },
  key_quota_reached: {
    status: 403,
    message: 'You have reached the limit of API keys for your plan',
  },
  member_not_found: { status: 404, message: 'User not found in the organization' },
  dataset_not_found: { status: 404, message: 'The dataset does not exist' },
  invalid_dataset: { status: 422, message: 'Validation failed' },
  dataset_in_use: {
    status: 409,
    message: 'The dataset is being used right now. Try again in a moment.',
  },
  grant_required: {
    status: 403,
    message: "You don't have permission to access that resource",
  },
  not_offered: { status: 501, message: 'This is not available here.' },
  api_key_not_found: { status: 404, message: 'API key not found' },
  api_key_protected: {
    status: 403,
    message: "You don't have permission to access that resource",
  },

  // Running
  sql_error: { status: 400, message: 'The database refused the statement.' },
  permission_denied: { status: 403, message: 'permission denied' },
  statement_timed_out: { status: 429, message: 'SQL query timeout error.' },
  transaction_left_open: {
    status: 400,
    message:
      'The transaction was left open and has been rolled back. End it with COMMIT in the same text.',
  },
  rows_limit_exceeded: { status: 400, message: 'The result has too many rows.' },
  bytes_limit_exceeded: { status: 400, message: 'The result is too large.' },
  batch_job_cancelled: { status: 400, message: 'The job was cancelled.' },
  credential_revoked: { status: 401, message: 'Unauthorized' },
  export_failed: { status: 400, message: 'The result cannot be written in this format.' },

  access_changed: {
    status: 503,
    message: 'What may be read was changed while this was answered. Try again.',
  },

  // Ours to mend
  warehouse_busy: {
    status: 503,
    message: 'Too many requests are using this credential right now. Try again in a moment.',
  },
  exports_busy: {
    status: 503,
    message: 'Too many exports are being made right now. Try again in a moment.',
  },
  exporter_missing: {
    status: 501,
    message:
      'This server cannot write this format, because ogr2ogr is not installed. Whoever runs it can install the package gdal-bin.',
  },
  warehouse_unavailable: {
    status: 503,
    message: 'The database cannot be reached right now. Try again in a moment.',
  },
  store_unavailable: {
    status: 503,
    message: 'The control database cannot be reached right now. Try again in a moment.',
  },
  shutting_down: { status: 503, message: 'The server is stopping.' },
  internal_error: { status: 500, message: 'Something went wrong on our side.' },
} as const satisfies Record<string, { status: number; message: string }>

export type ErrorCode = keyof typeof errorTable

/** What is behind an error, as far as a caller may see it: what PostgreSQL said, or a limit. */
export type ErrorFacts = {
  readonly detail?: string | undefined
  readonly hint?: string | undefined
  readonly context?: string | undefined
  /** The column that was asked for and is not there. */
  readonly columnName?: string | undefined
  /** The member of the request that is wrong, such as `grants[0].source`. */
  readonly field?: string | undefined
  /** Where in that member's text, in characters from 1. */
  readonly position?: number | undefined
}

/**
 * A refusal. `message` is the public sentence; `cause` is for the operator's log only and never
 * reaches a caller. `facts` are for renderers whose shape has room for them.
 */
export class AccessError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly facts: ErrorFacts

  constructor(
    code: ErrorCode,
    options: {
      message?: string | undefined
      status?: number
      cause?: unknown
      facts?: ErrorFacts
    } = {},
  ) {
    super(options.message ?? errorTable[code].message, { cause: options.cause })
    this.name = 'AccessError'
    this.code = code
    this.status = options.status ?? errorTable[code].status
    this.facts = options.facts ?? {}
  }
}
