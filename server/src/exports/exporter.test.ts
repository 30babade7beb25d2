import { access, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../../test/until.ts'
import { AccessError } from '../errors.ts'
import { createStopController } from '../stop-signal.ts'
import { removeLeftExports } from './export-directory.ts'
import { createExportSlots } from './export-slots.ts'
import { createExporter, type ExportRequest } from './exporter.ts'

let root: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'postern-exports-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const shell = (script: string) => ({
  converter: { program: '/bin/sh', args: ['-c', script] },
  file: 'out',
})

function make(script: string, changes: Partial<ExportRequest> & { timeoutMs?: number } = {}) {
  const { timeoutMs = 60_000, ...request } = changes
  return createExporter({ root, maxExports: 1, maxPerAccount: 1, timeoutMs }).make({
    accountId: 'account',
    signal: createStopController().signal,
    maxBytes: 1_000_000,
    prepare: async () => shell(script),
    ...request,
  })
}

test('a file is there until it is closed, and nothing of it on the disk', async () => {
  const { handle, bytes, close } = await make('printf hello > out')
  expect(await readdir(root)).toEqual([])
  expect([bytes, await handle.readFile('utf8')]).toEqual([5, 'hello'])
  await close()
  await close()
})

test('the converter works in a directory for this process alone, with nothing of its environment', async () => {
  process.env.POSTERN_TEST_SECRET = 'secret'
  const { handle, close } = await make('{ env; stat -c %a .; } > out')
  const written = await handle.readFile('utf8')
  await close()
  expect(written).not.toContain('secret')
  expect(written).toMatch(/\n700\n$/)
})

describe('nothing stays on the disk, nor any process,', () => {
  test.each([
    ['when the converter fails', 'echo "ERROR 1: no" >&2; exit 1', {}, 'export_failed'],
    ['when there is none', '', { prepare: async () => missing }, 'exporter_missing'],
    ['when it takes too long', 'exec sleep 600', { timeoutMs: 50 }, 'statement_timed_out'],
    ['when it writes too much', 'exec yes > out', {}, 'bytes_limit_exceeded'],
    ['when its file is too large', 'head -c 1000001 /dev/zero > out', {}, 'bytes_limit_exceeded'],
  ] as const)('%s', async (_, script, changes, code) => {
    await expect(make(script, changes)).rejects.toMatchObject({ code })
    expect(await readdir(root)).toEqual([])
  })

  const missing = {
    converter: { program: 'no-such-program-of-postern', args: [] },
    file: 'out',
  }

  test('when the request ends', async () => {
    const controller = createStopController()
    const made = make('touch ../started; exec sleep 600', { signal: controller.signal })
    made.catch(() => {})
    await until(() => access(join(root, 'started')))
    await rm(join(root, 'started'))
    controller.abort(new AccessError('credential_revoked'))
    await expect(made).rejects.toMatchObject({ code: 'credential_revoked' })
    await expect(make('', { signal: controller.signal })).rejects.toMatchObject({
      code: 'credential_revoked',
    })
    expect(await readdir(root)).toEqual([])
  })

  test('when preparing fails', async () => {
    const prepare = () => Promise.reject(new AccessError('sql_error'))
    await expect(make('', { prepare })).rejects.toMatchObject({ code: 'sql_error' })
    expect(await readdir(root)).toEqual([])
  })
})

test('an error is what the converter said first, without our paths', async () => {
  const said = 'echo "Warning 1: x" >&2; echo "ERROR 6: cannot read $PWD/rows.csv" >&2; exit 2'
  await expect(make(said)).rejects.toThrow(
    /^The result cannot be written in this format: cannot read rows\.csv$/,
  )
  await expect(make('echo "/secret/path" >&2; exit 1')).rejects.toThrow(
    /^The result cannot be written in this format\.$/,
  )
})

test('a slot comes free with the file, or with the failure', async () => {
  const exporter = createExporter({ root, maxExports: 1, maxPerAccount: 1, timeoutMs: 60_000 })
  const request = (script: string) => ({
    accountId: 'account',
    signal: createStopController().signal,
    maxBytes: 1_000,
    prepare: async () => shell(script),
  })
  await expect(exporter.make(request('exit 1'))).rejects.toMatchObject({ code: 'export_failed' })
  const { close } = await exporter.make(request('> out'))
  await expect(exporter.make(request('> out'))).rejects.toMatchObject({ code: 'exports_busy' })
  await close()
  await (await exporter.make(request('> out'))).close()
})

test('one account leaves room for others', () => {
  const slots = createExportSlots({ maxTotal: 3, maxPerAccount: 2 })
  const release = slots.take('a')
  slots.take('a')
  expect(() => slots.take('a')).toThrow(AccessError)
  slots.take('b')
  expect(() => slots.take('c')).toThrow(AccessError)
  release()
  release()
  slots.take('c')
  expect(() => slots.take('a')).toThrow(AccessError)
})

test('a start removes what dead processes have left, and only that', async () => {
  const other = join(root, 'starts')
  // Number 1 lives wherever there are processes; no machine has as many as the last.
  for (const name of ['1-alive', '4294967-dead', `${process.pid}-before`, 'rubbish']) {
    await mkdir(join(other, name), { recursive: true })
    await writeFile(join(other, name, 'file'), 'x')
  }
  await removeLeftExports(other)
  expect(await readdir(other)).toEqual(['1-alive'])
  await removeLeftExports(join(root, 'nowhere'))
  await rm(other, { recursive: true })
})
