/**
 * One row per thing that can be asked for, under the name it has in logs, metrics and openapi.yaml.
 * The server does not start when a route that needs a credential is registered where none is asked
 * for, or the other way round.
 */
export const operations = {
  listApiKeys: { needsCredential: true },
  createApiKey: { needsCredential: true },
  getApiKey: { needsCredential: true },
  deleteApiKey: { needsCredential: true },
  regenerateApiKey: { needsCredential: true },
  runSql: { needsCredential: true },
  postSql: { needsCredential: true },
  createBatchJob: { needsCredential: true },
  listBatchJobs: { needsCredential: true },
  getBatchJob: { needsCredential: true },
  updateBatchJob: { needsCredential: true },
  cancelBatchJob: { needsCredential: true },
  instantiateTableMap: { needsCredential: true },
  postTableMap: { needsCredential: true },
  getTableTile: { needsCredential: true },
  getHealth: { needsCredential: false },
  getMetrics: { needsCredential: false },
} as const satisfies Record<string, { needsCredential: boolean }>

export type OperationName = keyof typeof operations
