/**
 * Endpoints that share one allowance, under the names of the classic platform, and what share of
 * the rate limit they get: what costs more gets less. docs/reference/limits.md shows this table.
 */
export const rateGroups = {
  query: { share: 1, meaning: 'SQL statements.' },
  copy_from: { share: 0.1, meaning: 'Uploads by COPY.' },
  copy_to: { share: 0.1, meaning: 'Downloads by COPY.' },
  job_create: { share: 0.1, meaning: 'Making and changing batch jobs.' },
  job_get: { share: 1, meaning: 'Asking about batch jobs.' },
  job_delete: { share: 0.1, meaning: 'Cancelling a batch job.' },
  anonymous: { share: 1, meaning: 'Making a map of a table or a query.' },
  tile: { share: 2, meaning: 'Tiles: a page asks for many at once.' },
  auth: { share: 0.1, meaning: 'Reading and managing API keys.' },
  account: { share: 0.1, meaning: 'Facts about an account: its users, datasets and maps.' },
} as const satisfies Record<string, { share: number; meaning: string }>

export type RateGroup = keyof typeof rateGroups
