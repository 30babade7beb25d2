import { expect, test } from 'vitest'
import { publicHeaders } from './cache-headers.ts'

const now = new Date('2026-01-02T03:04:05Z')
const table = (name: string, changedAtMs?: number) => ({ schema: 'public', name, changedAtMs })
const headers = (tables: ReturnType<typeof table>[], isPersistent = false) =>
  publicHeaders({ database: 'db', tables, isPersistent, now })

test('tables whose changes are known are named, and the newest change counts', () => {
  expect(headers([table('a', 1_000), table('b', 5_000)])).toEqual({
    'cache-control': 'no-cache,max-age=31536000,must-revalidate,public',
    'last-modified': 'Thu, 01 Jan 1970 00:00:05 GMT',
    'x-cache-channel': 'db:public.a,public.b',
    // base64(sha256('db:public.a')) and of b, six characters each
    'surrogate-key': 't:6yXnCU t:CwEF5m',
  })
})

test('what reads no table can be kept as long, but is in no channel', () => {
  expect(headers([])).toEqual({
    'cache-control': 'no-cache,max-age=31536000,must-revalidate,public',
    'last-modified': now.toUTCString(),
  })
})

test('a table whose changes nobody keeps makes it end at the next five minutes', () => {
  expect(headers([table('a', 1_000), table('b')])).toMatchObject({
    'cache-control': 'no-cache,max-age=55,must-revalidate,public',
    'x-cache-channel': 'db:public.a,public.b',
  })
  expect(headers([table('b')])).toEqual({
    'cache-control': 'no-cache,max-age=55,must-revalidate,public',
    'last-modified': now.toUTCString(),
  })
})

test('who asks to persist gets what caches need not ask about again', () => {
  expect(headers([table('a', 1)], true)['cache-control']).toBe('public,max-age=31536000')
})

test('names cannot leave their header', () => {
  expect(headers([table('a,b\r\nX: é', 1)])['x-cache-channel']).toBe(
    'db:public.a%2Cb%0D%0AX%3A%20%C3%A9',
  )
})

test('a list that servers in between would not take makes the answer private', () => {
  expect(headers(Array.from({ length: 300 }, (_, index) => table(`table_${index}`, 1)))).toEqual({
    'cache-control': 'no-cache,max-age=0,must-revalidate,private',
  })
})
