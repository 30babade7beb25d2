import type { Api } from './credential/principal.ts'

/**
 * One row per thing that can be asked for: its name in logs, metrics and openapi.yaml, and the API
 * grant that opens it (null: any credential, or none at all).
 */
export const operations = {
  listApiKeys: { api: null, needsCredential: true },
  createApiKey: { api: null, needsCredential: true },
  getApiKey: { api: null, needsCredential: true },
  deleteApiKey: { api: null, needsCredential: true },
  regenerateApiKey: { api: null, needsCredential: true },
  runSql: { api: 'sql', needsCredential: true },
  postSql: { api: 'sql', needsCredential: true },
  runSqlV1: { api: 'sql', needsCredential: true },
  postSqlV1: { api: 'sql', needsCredential: true },
  instantiateTableMap: { api: 'maps', needsCredential: true },
  postTableMap: { api: 'maps', needsCredential: true },
  getTableTile: { api: 'maps', needsCredential: true },
  getHealth: { api: null, needsCredential: false },
  getMetrics: { api: null, needsCredential: false },
} as const satisfies Record<string, { api: Api | null; needsCredential: boolean }>

export type OperationName = keyof typeof operations
