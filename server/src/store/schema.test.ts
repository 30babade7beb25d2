import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import {
  createControlDatabase,
  createEmptyControlDatabase,
  openTestDatabase,
} from '../../test/control-database.ts'
import { dumpSchema } from '../../test/dump-schema.ts'

const schemaFile = fileURLToPath(new URL('../../schema.sql', import.meta.url))

describe('schema.sql', () => {
  it('is what the migrations make; `npm run schema:update` writes it anew', async () => {
    const control = await createControlDatabase()
    const schema = await dumpSchema(control.store)
    await control.close()
    await expect(schema).toMatchFileSnapshot(schemaFile)
  })

  it('is SQL that makes the same', async () => {
    const { address, drop } = await createEmptyControlDatabase()
    const store = openTestDatabase(address)
    const text = await readFile(schemaFile, 'utf8')
    await store.query(text)
    const schema = await dumpSchema(store)
    await store.end()
    await drop()
    expect(schema).toBe(text)
  })
})
