import type { Page } from 'playwright-core'

/** What the addresses of pages name. */
export type PagePlaces = {
  readonly apiKey: string
  readonly accessTokenId: string
  readonly connection: string
  /** As in the address of the data explorer: `schema.table`. */
  readonly resource: string
}

/** Every page of the dashboard for whoever is signed in, by a name for it, with its address. */
export function everyPage({
  apiKey,
  accessTokenId,
  connection,
  resource,
}: PagePlaces): Readonly<Record<string, string>> {
  const credentials = 'developers/credentials'
  const part = encodeURIComponent
  return {
    start: '',
    'api-keys': 'api-keys',
    'new-api-key': 'api-keys/new',
    'api-key': `api-keys/${part(apiKey)}`,
    'access-tokens': `${credentials}/tokens`,
    'new-access-token': `${credentials}/tokens/new`,
    'access-token': `${credentials}/tokens/${part(accessTokenId)}`,
    'oauth-clients': `${credentials}/oauth-clients`,
    connections: 'data',
    tables: `data/${part(connection)}`,
    table: `data/${part(connection)}/${part(resource)}`,
    try: 'try',
    activity: 'activity',
    audit: 'activity/audit',
    profile: 'account',
    security: 'account/security',
    settings: 'account/settings',
    users: 'account/users',
  }
}

/** Waits until a page shows what it has to show: its title, and nothing that is still on its way. */
export async function untilShown(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor()
  const onTheirWay = page.getByRole('status').filter({ hasText: /^Loading/ })
  await onTheirWay.first().waitFor({ state: 'detached' })
}
