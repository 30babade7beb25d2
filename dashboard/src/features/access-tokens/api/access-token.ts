import type { paths } from '../../../client/openapi.gen.d.ts'

/** An access token as its owner sees it. */
export type AccessToken =
  paths['/v3/tokens']['get']['responses'][200]['content']['application/json'][number]
