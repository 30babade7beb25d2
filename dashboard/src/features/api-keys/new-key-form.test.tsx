// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import {
  createMemoryHistory,
  createRootRoute,
  createRouter,
  RouterProvider,
} from '@tanstack/react-router'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { ApiError } from '../../client/api-error.ts'
import type { ApiKey } from './api/list-api-keys.ts'
import { grantableTablesQuery } from './api/list-grantable-tables.ts'
import { emptyKeyForm, type KeyForm, keyVerbs, type toCreateRequest } from './key-form.ts'
import { NewKeyForm } from './new-key-form.tsx'
import { gridPageSize } from './table-grid.tsx'

// The router scrolls to where it was, and jsdom has nowhere to scroll to.
beforeAll(() => {
  window.scrollTo = () => {}
})
afterEach(cleanup)

type Request = ReturnType<typeof toCreateRequest>

/** The form over an account with two tables; what it asks to be made is kept. */
async function openForm(options: { initial?: Partial<KeyForm>; refusal?: string } = {}) {
  const requests: Request[] = []
  const queryClient = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } })
  const know = (search: string, ...names: string[]) => {
    const tables = names.map((name) => ({
      schema: 'public',
      name,
      type: 'table' as const,
      is_public: false,
      permissions: [...keyVerbs],
    }))
    const page = { page: 1, pageSize: gridPageSize }
    queryClient.setQueryData(grantableTablesQuery({ search, ...page }).queryKey, {
      tables,
      total: tables.length,
      ...page,
    })
  }
  know('', 'capitals', 'surveys')
  know('surv', 'surveys')
  know('nothing')
  const form = (
    <NewKeyForm
      initial={{ ...emptyKeyForm, ...options.initial }}
      grantable={{ apis: ['sql', 'maps'], schemas: ['public'], services: ['routing'] }}
      onSave={async (request) => {
        requests.push(request)
        if (options.refusal === undefined) return {} as ApiKey
        throw new ApiError(options.refusal, { status: 422, headers: new Headers() }, undefined)
      }}
    />
  )
  const router = createRouter({
    routeTree: createRootRoute({ component: () => form }),
    history: createMemoryHistory(),
  })
  render(
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  )
  await screen.findByLabelText('Name')
  return { requests }
}

// By label: looking for roles costs jsdom seconds.
const box = (name: string) => screen.getByLabelText(name)
const write = (control: HTMLElement, value: string) =>
  fireEvent.change(control, { target: { value } })
const saveButton = () => screen.getByText('Make API key')

it('343, 344, 345: can be saved when it is complete, and sends what is ticked', async () => {
  const { requests } = await openForm()
  expect(saveButton().hasAttribute('disabled')).toBe(true)
  expect(screen.getByText('Give the key a name.')).toBeTruthy()
  write(screen.getByLabelText('Name'), 'front page')
  fireEvent.click(box('SQL'))
  expect(screen.getByText(/Tick something on a table/)).toBeTruthy()
  fireEvent.click(box('Select on capitals'))
  expect(screen.getByText('It can read rows in capitals.')).toBeTruthy()
  fireEvent.click(saveButton())
  await waitFor(() => expect(requests).toHaveLength(1))
  expect(requests).toEqual([
    {
      name: 'front page',
      grants: [
        { type: 'apis', apis: ['sql'] },
        {
          type: 'database',
          tables: [{ schema: 'public', name: 'capitals', permissions: ['select'] }],
        },
      ],
    },
  ])
})

it('353, 350: what is ticked stays ticked while other tables are looked for', async () => {
  await openForm()
  fireEvent.click(box('Select on capitals'))
  const search = screen.getByLabelText('Search by name')
  write(search, 'surv')
  await waitFor(() => expect(screen.queryByLabelText(/on capitals/)).toBeNull())
  fireEvent.click(box('Insert on surveys'))
  write(search, 'nothing')
  await screen.findByText('0 tables found')
  write(search, '')
  await screen.findByLabelText('Select on capitals')
  expect(box('Select on capitals')).toHaveProperty('checked', true)
  expect(box('Insert on surveys')).toHaveProperty('checked', true)
})

it('342: with maps alone there is nothing to tick but Select', async () => {
  await openForm()
  fireEvent.click(box('Maps'))
  expect(screen.queryByLabelText('Insert on capitals')).toBeNull()
  fireEvent.click(box('SQL'))
  expect(box('Insert on capitals')).toBeTruthy()
})

it('347: a name that is taken is said at the name, until it is changed', async () => {
  await openForm({
    initial: { name: 'taken', listing: true },
    refusal: 'Validation failed: Name has already been taken',
  })
  fireEvent.click(saveButton())
  const name = screen.getByLabelText('Name')
  await waitFor(() => expect(name.getAttribute('aria-invalid')).toBe('true'))
  const said = document.getElementById(name.getAttribute('aria-describedby')?.split(' ')[1] ?? '')
  expect(said?.textContent).toMatch(/already a key of this name/)
  write(name, 'taken!')
  expect(name.getAttribute('aria-invalid')).toBeNull()
})
