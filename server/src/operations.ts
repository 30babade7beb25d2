import type { RateGroup } from './limits/rate-groups.ts'

/**
 * One row per thing that can be asked for, under the name it has in logs, metrics and openapi.yaml.
 * The server does not start when a route that needs a credential is registered where none is asked
 * for, or the other way round. Whoever needs a credential has a limit: that of the rate group.
 */
export const operations = {
  listApiKeys: { needsCredential: true, rateGroup: 'auth' },
  createApiKey: { needsCredential: true, rateGroup: 'auth' },
  getApiKey: { needsCredential: true, rateGroup: 'auth' },
  deleteApiKey: { needsCredential: true, rateGroup: 'auth' },
  regenerateApiKey: { needsCredential: true, rateGroup: 'auth' },
  getApiKeyUsage: { needsCredential: true, rateGroup: 'auth' },
  runSql: { needsCredential: true, rateGroup: 'query' },
  postSql: { needsCredential: true, rateGroup: 'query' },
  copyFrom: { needsCredential: true, rateGroup: 'copy_from' },
  copyTo: { needsCredential: true, rateGroup: 'copy_to' },
  postCopyTo: { needsCredential: true, rateGroup: 'copy_to' },
  createBatchJob: { needsCredential: true, rateGroup: 'job_create' },
  listBatchJobs: { needsCredential: true, rateGroup: 'job_get' },
  getBatchJob: { needsCredential: true, rateGroup: 'job_get' },
  updateBatchJob: { needsCredential: true, rateGroup: 'job_create' },
  cancelBatchJob: { needsCredential: true, rateGroup: 'job_delete' },
  instantiateTableMap: { needsCredential: true, rateGroup: 'anonymous' },
  postTableMap: { needsCredential: true, rateGroup: 'anonymous' },
  getTableTile: { needsCredential: true, rateGroup: 'tile' },
  getTableCellTile: { needsCredential: true, rateGroup: 'tile' },
  instantiateQueryMap: { needsCredential: true, rateGroup: 'anonymous' },
  postQueryMap: { needsCredential: true, rateGroup: 'anonymous' },
  getQueryTile: { needsCredential: true, rateGroup: 'tile' },
  getQueryCellTile: { needsCredential: true, rateGroup: 'tile' },
  listVisualizations: { needsCredential: true, rateGroup: 'account' },
  getVisualization: { needsCredential: true, rateGroup: 'account' },
  updateVisualization: { needsCredential: true, rateGroup: 'account' },
  deleteVisualization: { needsCredential: true, rateGroup: 'account' },
  listTables: { needsCredential: true, rateGroup: 'account' },
  getTable: { needsCredential: true, rateGroup: 'account' },
  getUser: { needsCredential: true, rateGroup: 'account' },
  getMeV3: { needsCredential: true, rateGroup: 'account' },
  getMeV4: { needsCredential: true, rateGroup: 'account' },
  listDatasets: { needsCredential: true, rateGroup: 'account' },
  createConnection: { needsCredential: true, rateGroup: 'account' },
  listConnections: { needsCredential: true, rateGroup: 'account' },
  testConnection: { needsCredential: true, rateGroup: 'account' },
  getConnection: { needsCredential: true, rateGroup: 'account' },
  updateConnection: { needsCredential: true, rateGroup: 'account' },
  deleteConnection: { needsCredential: true, rateGroup: 'account' },
  browseConnection: { needsCredential: true, rateGroup: 'account' },
  getResource: { needsCredential: true, rateGroup: 'account' },
  getWarehouseToken: { needsCredential: true, rateGroup: 'account' },
  listUsers: { needsCredential: true, rateGroup: 'auth' },
  createUser: { needsCredential: true, rateGroup: 'auth' },
  getMe: { needsCredential: true, rateGroup: 'auth' },
  updateUser: { needsCredential: true, rateGroup: 'auth' },
  deleteUser: { needsCredential: true, rateGroup: 'auth' },
  getSession: { needsCredential: true, rateGroup: 'auth' },
  deleteSession: { needsCredential: true, rateGroup: 'auth' },
  createSession: { needsCredential: false },
  getSqlVersion: { needsCredential: false },
  getSqlHealth: { needsCredential: false },
  getHealth: { needsCredential: false },
  getMetrics: { needsCredential: false },
} as const satisfies Record<
  string,
  { needsCredential: true; rateGroup: RateGroup } | { needsCredential: false }
>

export type OperationName = keyof typeof operations
