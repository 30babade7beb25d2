import { AccessError } from '../../errors.ts'

/** What the platforms have and Postern does not, or not yet, by the path it is under. */
const paths: Readonly<Record<string, string>> = {
  '/api/v1/imports':
    'Imports are not available here: create a table with SQL and fill it with COPY.',
  '/api/v1/maps': 'Maps of the dashboard are not available here.',
  '/api/v1/synchronizations': 'Synchronized tables are not available here.',
  '/api/v1/organization': 'There are no organizations here: each account stands for itself.',
  '/api/v2/viz': 'Maps of the dashboard are not available here.',
  '/api/v3/visualization_exports': 'Exports of maps are not available here.',
  '/api/v4/kuviz': 'Custom visualizations are not available here.',
  '/api/v4/do': 'The Data Observatory is not available here.',
  '/api/v4/data/observatory': 'The Data Observatory is not available here.',
  '/v3/imports': 'The Import API is not available yet. Tokens for it can be made already.',
  '/v3/lds': 'Location data services are not available yet. Tokens for them can be made already.',
}

/** Requests to paths that do exist, by method. */
const requests: Readonly<Record<string, string>> = {
  'POST /api/v1/viz': 'Maps are not made here: this API has datasets only.',
  'POST /api/v1/tables': 'Create tables with SQL.',
  'POST /api/v1/users': 'Accounts are made on the command line.',
}

const mapsPattern = /^\/api\/[^/]+\/map(\/|$)/
const familyPattern = /^\/api\/v\d\/(viz|tables|users|me|datasets)(\/|$)/

/** The refusal for something that is knowingly not there; undefined when nobody knows of it. */
export function findNotOffered(method: string, url: string): AccessError | undefined {
  const path = pathOf(url)
  const under = Object.keys(paths).find((one) => path === one || path.startsWith(`${one}/`))
  const message = isMapsPath(url)
    ? 'The classic Maps API is not available here: tiles of tables are at /v3/maps.'
    : under === undefined
      ? requests[`${method} ${path}`]
      : paths[under]
  return message === undefined ? undefined : new AccessError('not_offered', { message })
}

/** True for addresses of the classic Maps API, which has a shape of its own. */
export function isMapsPath(url: string): boolean {
  return mapsPattern.test(pathOf(url))
}

/** True for addresses that answer in the shape of this API, whether there is anything or not. */
export function isCompanionPath(url: string): boolean {
  return familyPattern.test(pathOf(url)) || findNotOffered('', url) !== undefined
}

function pathOf(url: string): string {
  return url.replace(/[?#].*$/, '').replace(/\/+$/, '')
}
