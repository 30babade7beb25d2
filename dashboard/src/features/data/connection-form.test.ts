import { expect, it } from 'vitest'
import type { Connection } from './api/connections.ts'
import { connectionValues, toRequest } from './connection-form.ts'

const connection = {
  name: 'harbours',
  config: { host: 'db.example.com', port: 5432, database: 'gis', user: 'gate', tls: 'verify-full' },
} as Connection

it('sends of a connection that is changed only what is different', () => {
  const values = connectionValues(connection)
  expect(toRequest(values, connection)).toEqual({})
  expect(toRequest({ ...values, name: 'ports' }, connection)).toEqual({ name: 'ports' })
  expect(toRequest({ ...values, port: '5433', password: 'secret' }, connection)).toEqual({
    config: { port: 5433, password: 'secret' },
  })
})

it('sends all of a new one, and no certificates where there are none', () => {
  expect(toRequest({ ...connectionValues(connection), password: 'secret' })).toEqual({
    name: 'harbours',
    config: { ...connection.config, password: 'secret' },
  })
})
