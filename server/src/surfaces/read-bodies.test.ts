import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { readBodies } from './read-bodies.ts'
import { renderErrors } from './render-errors.ts'

async function echo() {
  const app = Fastify()
  await readBodies(app, 1_000)
  renderErrors(
    app,
    (error) => ({ status: error.status, body: { error: error.message } }),
    () => {},
  )
  app.post('/', async (request) => request.body ?? {})
  return app
}

function form(fields: Record<string, string>) {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  return {
    method: 'POST' as const,
    url: '/',
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
    payload: `${parts.join('')}--b--\r\n`,
  }
}

test('the fields of a multipart body are read', async () => {
  const app = await echo()
  expect((await app.inject(form({ q: 'select 1', api_key: 'k' }))).json()).toEqual({
    q: 'select 1',
    api_key: 'k',
  })
})

test('all fields of a multipart body together are bounded, not only each', async () => {
  const app = await echo()
  const answer = await app.inject(
    form({ a: 'x'.repeat(400), b: 'x'.repeat(400), c: 'x'.repeat(400) }),
  )
  expect(answer.statusCode).toBe(413)
})

test('what is wrong with a JSON body is told without quoting it', async () => {
  const app = await echo()
  const answer = await app.inject({
    method: 'POST',
    url: '/',
    headers: { 'content-type': 'application/json' },
    payload: '{"api_key":pstrSECRET',
  })
  expect(answer.statusCode).toBe(400)
  expect(answer.body).not.toContain('pstrSECRET')
})
