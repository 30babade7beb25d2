// @vitest-environment jsdom
import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createQueryClient } from '../../client/query-client.ts'
import type { AccessToken } from './api/access-token.ts'
import { emptyDraft, type TokenDraft } from './token-draft.ts'
import { TokenWizard } from './token-wizard.tsx'

/** What the server is to answer when the token is made, and what it was sent. */
let answer: { readonly status: number; readonly body: unknown }
let sent: unknown[]
let created: AccessToken[]

beforeEach(() => {
  answer = { status: 201, body: { id: 'one', name: 'tk_1' } }
  sent = []
  created = []
  vi.stubGlobal('fetch', async (request: Request) => {
    if (request.method === 'GET') return Response.json({ result: [] })
    sent.push(await request.json())
    return Response.json(answer.body, { status: answer.status })
  })
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

const ready: TokenDraft = {
  ...emptyDraft,
  apis: ['sql'],
  grants: [{ connection: 'default', source: 'public.capitals' }],
}

function show(initial: TokenDraft) {
  render(
    <QueryClientProvider client={createQueryClient()}>
      <TokenWizard initial={initial} onCreated={(token) => created.push(token)} />
    </QueryClientProvider>,
  )
  const user = userEvent.setup({ delay: null })
  const press = (name: string | RegExp) => user.click(screen.getByRole('button', { name }))
  return { user, press }
}

it('goes no further without an API, and says why', async () => {
  const { user, press } = show(emptyDraft)
  expect(screen.queryByRole('alert')).toBeNull()
  await press('Continue')
  expect(screen.getByRole('alert').textContent).toMatch(/at least one API/)
  await user.click(screen.getByRole('checkbox', { name: 'Maps API' }))
  await press('Continue')
  screen.getByRole('heading', { name: 'Sources' })
})

it('lets the Import API be chosen alone, and the others while it is not', async () => {
  const { user } = show(emptyDraft)
  const box = (name: string) => screen.getByRole<HTMLInputElement>('checkbox', { name })
  await user.click(box('Import API'))
  expect([box('SQL API').disabled, box('Maps API').disabled]).toEqual([true, true])
  await user.click(box('Import API'))
  await user.click(box('SQL API'))
  expect([box('Import API').disabled, box('Maps API').disabled]).toEqual([true, false])
  expect(screen.getByText(/cannot be combined with APIs that read/)).toBeTruthy()
})

it('says while a site is written what will be kept of it', async () => {
  const { user, press } = show(ready)
  await press(/Restrictions/)
  const sites = screen.getByRole('textbox', { name: /Allowed sites/ })
  await user.click(sites)
  await user.paste('example.com')
  expect(screen.getByText(/as in https:\/\/example.com/)).toBeTruthy()
  await user.clear(sites)
  await user.paste('https://example.com/some/path')
  expect(screen.getByText('https://example.com')).toBeTruthy()
  expect(screen.getByText(/The path is left out/)).toBeTruthy()
})

it('makes what was reviewed, and nothing before', async () => {
  const { press } = show(ready)
  await press('Continue')
  await press('Continue')
  await press('Continue')
  expect(sent).toEqual([])
  await press('Create token')
  await vi.waitFor(() => expect(created).toHaveLength(1))
  expect(sent).toEqual([
    {
      allowed_apis: ['sql'],
      grants: [{ connection_name: 'default', source: 'public.capitals' }],
      referers: [],
    },
  ])
})

it('leads to the step that the server refuses, with its sentence', async () => {
  answer = {
    status: 400,
    body: { error: 'grants[0].source: there is no table', field: 'grants[0].source', status: 400 },
  }
  const { press } = show(ready)
  await press(/Review/)
  await press('Create token')
  await screen.findByRole('heading', { name: 'Sources' })
  screen.getByText(/there is no table/)
  expect(created).toEqual([])
})

it('does not send what is not finished: it leads to what is missing', async () => {
  const { press } = show({ ...ready, grants: [] })
  await press(/Review/)
  await press('Create token')
  screen.getByRole('heading', { name: 'Sources' })
  expect(screen.getByRole('alert').textContent).toMatch(/at least one source/)
  expect(sent).toEqual([])
})
