import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { html, sendPage } from './page.ts'

test('what is put into a page is text, whoever has thought of it', () => {
  const name = `<b title="x">'&'</b>`
  const escaped = '&#60;b title=&#34;x&#34;&#62;&#39;&#38;&#39;&#60;/b&#62;'
  expect(html`<p>${name}</p>`.html).toBe(`<p>${escaped}</p>`)
  expect(html`<ul>${[html`<li>${name}</li>`, name]}</ul>`.html).toBe(
    `<ul><li>${escaped}</li>${escaped}</ul>`,
  )
  expect(html`${undefined}`.html).toBe('')
})

test.each([
  ['https://maps.example.com/back?a=1', "form-action 'self' https://maps.example.com;"],
  ['http://127.0.0.1:8765/', "form-action 'self' http://127.0.0.1:8765;"],
  ['http://[::1]:8765/', "form-action 'self' http:;"],
])('a form that leads to %s in the end may lead there and nowhere else', async (goesTo, policy) => {
  const app = Fastify()
  app.get('/', async (_request, reply) => {
    return sendPage(reply, 200, { title: 'A page', content: html`<p></p>`, goesTo })
  })
  const { headers } = await app.inject('/')
  expect(headers['content-security-policy']).toContain(policy)
  await app.close()
})
