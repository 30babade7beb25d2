import { access, chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../../test/until.ts'
import { AccessError } from '../errors.ts'
import { nobody } from '../prepare-exports.ts'
import { createStopController } from '../stop-signal.ts'
import { removeLeftExports } from './export-directory.ts'
import { createExportSlots } from './export-slots.ts'
import { createExporter, type ExportRequest } from './exporter.ts'

let root: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'postern-exports-'))
  await chmod(root, 0o711)
})
afterAll(() => rm(root, { recursive: true, force: true }))

const isRoot = process.getuid?.() === 0
/** Whom the server has convert. */
const user = isRoot ? nobody : undefined

type FindProgram = Parameters<typeof createExporter>[0]['findProgram']

/** A shell takes the place of ogr2ogr. */
const shell = (script: string) => ({
  converter: { program: 'ogr2ogr', args: ['-c', script] } as const,
  file: 'out',
})
const findMissing: FindProgram = async () => ({
  path: '/no-such-program-of-postern',
  environment: {},
  user,
})
const findShell: FindProgram = async () => ({
  path: '/bin/sh',
  environment: { SHELL_NEEDS: 'this' },
  user,
})

type Changes = Partial<ExportRequest> & {
  timeoutMs?: number
  findProgram?: FindProgram
}

function make(script: string, changes: Changes = {}) {
  const { timeoutMs = 60_000, findProgram = findShell, ...request } = changes
  return createExporter({ root, findProgram, maxExports: 1, maxPerAccount: 1, timeoutMs }).make({
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
  expect(written).toContain('SHELL_NEEDS=this')
  expect(written).toMatch(/\n700\n$/)
})

test('the converter is never root, and then has its own directory and nothing else of ours', async () => {
  const secret = join(root, 'secret')
  await writeFile(secret, 'of ours', { mode: 0o600 })
  const prepare = async (directory: string) => {
    await writeFile(join(directory, 'rows'), 'rows\n', { mode: 0o600 })
    return shell(
      '{ cat rows; id -u; id -g; id -G; cat ../secret; ls ..; true; } > out 2> /dev/null',
    )
  }
  const { handle, close } = await make('', { prepare })
  const written = await handle.readFile('utf8')
  await close()
  await rm(secret)
  if (isRoot) expect(written).toBe('rows\n65534\n65534\n65534\n')
  else expect(written).toMatch(`rows\n${process.getuid?.()}\n${process.getgid?.()}\n`)
})

test('nothing is sent that the converter could not read itself', async () => {
  const secret = join(root, 'secret')
  await writeFile(secret, 'of ours', { mode: 0o600 })
  for (const script of [`ln -s ${secret} out`, 'mkfifo out', 'mkdir out']) {
    await expect(make(script), script).rejects.toThrow()
  }
  await rm(secret)
  expect(await readdir(root)).toEqual([])
})

describe('nothing stays on the disk, nor any process,', () => {
  test.each([
    ['when the converter fails', 'echo "ERROR 1: no" >&2; exit 1', {}, 'export_failed'],
    ['when there is none', '', { findProgram: async () => undefined }, 'exporter_missing'],
    ['when it is gone', '', { findProgram: findMissing }, 'exporter_missing'],
    ['when it takes too long', 'exec sleep 600', { timeoutMs: 50 }, 'statement_timed_out'],
    ['when it writes too much', 'exec yes > out', {}, 'bytes_limit_exceeded'],
    ['when its file is too large', 'head -c 1000001 /dev/zero > out', {}, 'bytes_limit_exceeded'],
  ] as const)('%s', async (_, script, changes, code) => {
    await expect(make(script, changes)).rejects.toMatchObject({ code })
    expect(await readdir(root)).toEqual([])
  })

  test('when the request ends', async () => {
    const controller = createStopController()
    const made = make('touch started; exec sleep 600', { signal: controller.signal })
    made.catch(() => {})
    await until(async () => {
      const [directory = 'none yet'] = await readdir(root)
      await access(join(root, directory, 'started'))
    })
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
  const exporter = createExporter({
    ...{ root, findProgram: findShell },
    ...{ maxExports: 1, maxPerAccount: 1, timeoutMs: 60_000 },
  })
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
