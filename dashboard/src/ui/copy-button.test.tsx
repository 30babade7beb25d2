// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { CopyButton } from './copy-button.tsx'
import { ToastProvider } from './toast.tsx'

let written: string[]
let refuses: boolean

beforeEach(() => {
  written = []
  refuses = false
  Object.defineProperty(navigator, 'clipboard', {
    configurable: true,
    value: {
      writeText: async (text: string) => {
        if (refuses) throw new DOMException('Write permission denied.', 'NotAllowedError')
        written.push(text)
      },
    },
  })
})
afterEach(cleanup)

function show(text: string | (() => Promise<string>)) {
  render(
    <ToastProvider>
      <CopyButton text={text} label="Copy token" />
    </ToastProvider>,
  )
  screen.getByRole('button', { name: 'Copy token' }).click()
}

it('says that it is copied once it is', async () => {
  show('secret')
  await screen.findByRole('button', { name: 'Copied' })
  expect(written).toEqual(['secret'])
})

it('does not say so when the browser refuses, and tells what to do', async () => {
  refuses = true
  show('secret')
  await screen.findAllByText(/did not let the page copy/)
  expect(screen.queryByRole('button', { name: 'Copied' })).toBeNull()
})

it('does not say so when the text cannot be fetched, and tells why', async () => {
  show(async () => {
    throw new Error('The token is shown once.')
  })
  await screen.findAllByText('The token is shown once.')
  expect(screen.queryByRole('button', { name: 'Copied' })).toBeNull()
  expect(written).toEqual([])
})
