const things: Readonly<Record<string, string>> = {
  tokens: 'your API access tokens',
  api_keys: 'API keys',
  connections: 'connections',
  data: 'the data of the account',
  named_sources: 'named sources',
  users: 'users of the account',
  oauth_clients: 'OAuth clients',
  activity: 'activity',
  audit: 'the audit log',
  account: 'the settings of the account',
}

/** What a scope lets somebody do, in words. One that is new here is shown as it is written. */
export function nameScope(scope: string): string {
  const [verb = '', thing = ''] = scope.split(':')
  const named = things[thing]
  if (named === undefined) return scope
  return verb === 'write' ? `Change ${named}` : `See ${named}`
}
