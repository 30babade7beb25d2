/**
 * Endpoints that share one allowance, under the names of the classic platform, and what share of
 * the rate limit they get: what costs more gets less. Usage is counted by `api`.
 * docs/reference/limits.md shows this table.
 */
export const rateGroups = {
  query: { api: 'sql', share: 1, meaning: 'SQL statements.' },
  copy_from: { api: 'sql', share: 0.1, meaning: 'Uploads by COPY.' },
  copy_to: { api: 'sql', share: 0.1, meaning: 'Downloads by COPY.' },
  job_create: { api: 'batch', share: 0.1, meaning: 'Making and changing batch jobs.' },
  job_get: { api: 'batch', share: 1, meaning: 'Asking about batch jobs.' },
  job_delete: { api: 'batch', share: 0.1, meaning: 'Cancelling a batch job.' },
  anonymous: { api: 'maps', share: 1, meaning: 'Making a map of a table or a query.' },
  tile: { api: 'maps', share: 2, meaning: 'Tiles: a page asks for many at once.' },
  auth: {
    api: 'auth',
    share: 0.1,
    meaning: 'Reading and managing API keys, users and OAuth clients.',
  },
  account: {
    api: 'account',
    share: 0.1,
    meaning: 'Facts about an account: its users, datasets and maps.',
  },
} as const satisfies Record<string, { api: string; share: number; meaning: string }>

export type RateGroup = keyof typeof rateGroups
