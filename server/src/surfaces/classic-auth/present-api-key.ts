import type { ApiKeyView } from '../../commands/view-api-keys.ts'

/** A key in the words of the classic Auth API. */
export function presentApiKey(view: ApiKeyView): Record<string, unknown> {
  return {
    name: view.name,
    user: { username: view.accountName },
    type: view.type,
    token: view.token,
    grants: presentGrants(view),
    created_at: formatTime(view.createdAt),
    updated_at: formatTime(view.updatedAt),
    ...presentAdditions(view),
  }
}

/** What the original does not know. Of what was asked for at creation only what there is. */
function presentAdditions({ description, expiresAt, use }: ApiKeyView): Record<string, unknown> {
  return {
    ...(description !== null && { description }),
    ...(expiresAt !== null && { expires_at: expiresAt.toISOString() }),
    last_used_at: use?.lastUsedAt.toISOString() ?? null,
    request_count: use?.requestCount ?? 0,
  }
}

/** Sections in the contract's order: apis, database, then those that hold something. */
function presentGrants({ grants, tables, schemas }: ApiKeyView): unknown[] {
  const sections: unknown[] = [
    { type: 'apis', apis: grants.apis },
    {
      type: 'database',
      tables,
      schemas,
      ...(grants.tableMetadata && { table_metadata: [] }),
    },
  ]
  if (grants.services.length > 0) sections.push({ type: 'dataservices', services: grants.services })
  if (grants.datasets.length > 0) {
    sections.push({ type: 'data-observatory', datasets: grants.datasets })
  }
  return sections
}

/** `2018-02-14 13:23:12 +0000`, as the original writes times. */
function formatTime(time: Date): string {
  return time.toISOString().replace(/^(.*)T(.*)\.\d+Z$/, '$1 $2 +0000')
}
