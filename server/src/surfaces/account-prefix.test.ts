import type { IncomingMessage } from 'node:http'
import { expect, it } from 'vitest'
import { accountOfPath, stripAccountPrefix } from './account-prefix.ts'

it.each([
  ['/user/demo/v3/sql/default/query?q=1', '/v3/sql/default/query?q=1', 'demo'],
  ['/user/a%20b/api/v2/sql', '/api/v2/sql', 'a b'],
  ['/user/demo', '/', 'demo'],
  ['/user/%ff/x', '/user/%ff/x', undefined],
  ['//v3//sql/default/model/formula?q=a//b', '/v3/sql/default/model/formula?q=a//b', undefined],
  ['//user//demo//v3/stats/default/x', '/v3/stats/default/x', 'demo'],
  ['/api/v3/maps/default/table/1/2/3?name=t', '/v3/maps/default/table/1/2/3?name=t', undefined],
  ['/api/v3/tokens', '/v3/tokens', undefined],
  ['/api//v3/tokens/x', '/v3/tokens/x', undefined],
  ['/api/v3/sql/jobs', '/v3/sql/jobs', undefined],
  ['/api/v3/sql/default/query', '/v3/sql/default/query', undefined],
  ['/api/v3/sql/default/job/1', '/v3/sql/default/job/1', undefined],
  ['/api/user/demo/v3/maps/default/table', '/v3/maps/default/table', 'demo'],
  ['/user/demo/api/v3/named-sources/x', '/v3/named-sources/x', 'demo'],
  // What the classic platform has there.
  ['/api/v3/api_keys', '/api/v3/api_keys', undefined],
  ['/api/v3/me', '/api/v3/me', undefined],
  ['/api/v3/sql?q=1', '/api/v3/sql?q=1', undefined],
  ['/api/v3/sql/job', '/api/v3/sql/job', undefined],
  ['/api/v3/sql/job/query-1', '/api/v3/sql/job/query-1', undefined],
  ['/api/v3/sql/copyto', '/api/v3/sql/copyto', undefined],
  ['/api/user/demo/api/v2/sql', '/api/user/demo/api/v2/sql', undefined],
])('%s is routed as %s, of the account %s', (url, routed, account) => {
  const request = { url } as IncomingMessage
  expect(stripAccountPrefix(request)).toBe(routed)
  expect(accountOfPath(request)).toBe(account)
})
