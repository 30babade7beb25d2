import { expect, it } from 'vitest'
import { mustBeConfirmed } from './manage.ts'

it.each([
  ['session', true, undefined],
  ['session', false, 'confirmation_needed'],
  ['master_key', true, undefined],
  ['oauth', false, 'confirmation_needed'],
] as const)('lets a %s through that is confirmed: %s', (via, isConfirmed, code) => {
  const ask = () => mustBeConfirmed({ via, isConfirmed })
  if (code === undefined) expect(ask).not.toThrow()
  else expect(ask).toThrow(expect.objectContaining({ code }))
})
