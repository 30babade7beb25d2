/** The APIs that an access token can be let use, in the order in which they are offered. */
export const tokenApis = ['sql', 'maps', 'lds', 'imports'] as const

export type TokenApi = (typeof tokenApis)[number]

export function isTokenApi(text: string): text is TokenApi {
  return (tokenApis as readonly string[]).includes(text)
}

export const apiTitles: Readonly<Record<TokenApi, string>> = {
  sql: 'SQL API',
  maps: 'Maps API',
  lds: 'LDS API',
  imports: 'Import API',
}

/** What each API does, and which sources it takes. */
export const apiMeanings: Readonly<Record<TokenApi, string>> = {
  sql: 'Rows. Takes queries, named sources and all sources; of granted tables, any SELECT that reads nothing else.',
  maps: 'Vector tiles. Takes every kind of source.',
  lds: 'Location data services: geocoding, isolines, routes. Needs no source. This server does not have them yet, and says so.',
  imports:
    'Loads files into tables. Its sources are destinations: tables that it may write, not tables that it may read. This server does not have it yet, and says so.',
}

const exclusive =
  'The Import API writes data and its sources are destinations, so it cannot be combined with APIs that read. Make a token of its own for it.'

/** Why an API cannot be chosen beside those that are; undefined: it can. */
export function findApiBlock(api: TokenApi, chosen: readonly TokenApi[]): string | undefined {
  if (chosen.includes(api)) return undefined
  if (api === 'imports') return chosen.length > 0 ? exclusive : undefined
  return chosen.includes('imports') ? exclusive : undefined
}

/** Those that are chosen after one was pressed; one that is blocked changes nothing. */
export function toggleApi(api: TokenApi, chosen: readonly TokenApi[]): readonly TokenApi[] {
  if (chosen.includes(api)) return chosen.filter((one) => one !== api)
  if (findApiBlock(api, chosen) !== undefined) return chosen
  return tokenApis.filter((one) => one === api || chosen.includes(one))
}

/** Whether a token for these opens nothing without a source. */
export function needsSource(apis: readonly TokenApi[]): boolean {
  return apis.some((api) => api !== 'lds')
}

/** Whether its sources are what it may write. */
export function hasDestinations(apis: readonly TokenApi[]): boolean {
  return apis.includes('imports')
}
