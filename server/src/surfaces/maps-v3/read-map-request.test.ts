import type { FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { packParameters } from './pack-parameters.ts'
import { readMap, readMapRequest } from './read-map-request.ts'

const ask = (parameters: Record<string, string>) => {
  const search = packParameters(parameters)
  return readMap(
    {
      method: 'GET',
      url: `/v3/maps/default/table?${search}`,
      params: { connection: 'default' },
      query: Object.fromEntries(search),
      headers: {},
      admission: { principal: { accountName: 'demo', kind: 'token', allowedApis: ['maps'] } },
    } as unknown as FastifyRequest,
    'table',
  )
}

test.each(['aggregationResLevel', 'featureBbox', 'tileResolution', 'v'])(
  '%s that is an object is refused, whatever it says it is as a text',
  (name) => {
    const body = { name: 'a', geo_column: 'geom', [name]: { toString: null, valueOf: null } }
    const request = { query: {}, body, headers: { 'content-type': 'application/json' } }
    expect(() => readMapRequest(request, 'table', 'default', [])).toThrow(
      `"${name}" must be a text`,
    )
  },
)

test('an address is read once, as long as it does not say too much', () => {
  expect(ask({ name: 'a' })).toBe(ask({ name: 'a' }))
  // Packed, this is an address of a thousand characters: what it stands for must not be kept.
  const large = {
    name: 'a',
    filters: JSON.stringify({ b: { in: { values: ['x'.repeat(1_000_000)] } } }),
  }
  expect(String(packParameters(large)).length).toBeLessThan(2_000)
  expect(ask(large)).not.toBe(ask(large))
})
