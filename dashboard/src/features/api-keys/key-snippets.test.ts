import { describe, expect, it } from 'vitest'
import type { KeyGrants } from './key-grants.ts'
import { keySnippets } from './key-snippets.ts'

const nothing: KeyGrants = { apis: [], createIn: [], listing: false, services: [], tables: [] }
const of = (grants: Partial<KeyGrants>) =>
  keySnippets({
    grants: { ...nothing, ...grants },
    account: 'demo',
    accountUrl: 'https://example.com/user/demo',
    token: 'TOKEN',
  })

describe('the examples of a key', () => {
  it('ask for what it may have', () => {
    const tables = [{ schema: 'public', name: 'capitals', ticked: ['select'] as const }]
    expect(of({ apis: ['sql'], tables }).curl).toContain(
      "'q=SELECT * FROM public.capitals LIMIT 5'",
    )
    expect(of({ apis: ['maps'], tables }).curl).toContain('/v3/maps/default/table')
    expect(of({ apis: ['batch'] }).curl).toContain('/api/v2/sql/job')
    expect(of({ listing: true }).curl).toContain('/api/v4/datasets')
    expect(of({}).curl).toContain('/api/v3/api_keys')
  })

  it('hold whatever a table is called, in quotes of each language', () => {
    const tables = [{ schema: 'public', name: `it's "a" \\ table`, ticked: ['select'] as const }]
    const { curl, python, javascript } = of({ apis: ['sql'], tables })
    expect(curl).toContain(`'q=SELECT * FROM public."it'\\''s ""a"" \\ table" LIMIT 5'`)
    for (const program of [python, javascript]) {
      const address = /"(https:[^"]*)"/.exec(program)?.[1] ?? ''
      expect(new URL(address).searchParams.get('q')).toContain(`"it's ""a"" \\ table"`)
    }
  })
})
