import { type FileHandle, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AccessError } from '../errors.ts'
import type { StopSignal } from '../stop-signal.ts'
import { createExportDirectory, giveExportDirectory, openConverted } from './export-directory.ts'
import { createExportSlots } from './export-slots.ts'
import {
  ConversionError,
  type Converter,
  type ConverterProgram,
  runConverter,
  tooLarge,
} from './run-converter.ts'

/** A file that has no name any more: it is gone when it is closed, or when this process is. */
export type ExportedFile = {
  readonly handle: FileHandle
  readonly bytes: number
  /** Closes the file and lets the next export begin. May be called again. */
  close(): Promise<void>
}

export type ExportRequest = {
  readonly accountId: string
  readonly signal: StopSignal
  readonly maxBytes: number
  /**
   * Writes what is to be converted into the directory and says how: the converter, and the name of
   * the file that it will make there.
   */
  readonly prepare: (directory: string) => Promise<{ converter: Converter; file: string }>
}

export type Exporter = {
  /**
   * Makes a file through a converter. Whatever happens, nothing of it stays on the disk. Throws
   * what `prepare` throws, exports_busy, export_failed, and what runConverter throws.
   */
  make(request: ExportRequest): Promise<ExportedFile>
}

/** `root` is where exports are while they are made; their converters must be able to get there. */
export function createExporter(options: {
  readonly root: string
  /** Asked for every export: what is missing may be installed meanwhile. */
  readonly findProgram: (name: Converter['program']) => Promise<ConverterProgram | undefined>
  readonly maxExports: number
  readonly maxPerAccount: number
  /** How long a converter may take. */
  readonly timeoutMs: number
}): Exporter {
  const { root, findProgram, timeoutMs } = options
  const slots = createExportSlots({
    maxTotal: options.maxExports,
    maxPerAccount: options.maxPerAccount,
  })

  async function makeIn(directory: string, request: ExportRequest) {
    const { signal, maxBytes, prepare } = request
    const { converter, file } = await prepare(directory)
    const program = await findProgram(converter.program)
    if (program === undefined) throw new AccessError('exporter_missing')
    // Not before everything of ours is in there.
    if (program.user !== undefined) await giveExportDirectory(directory, program.user)
    try {
      // What was prepared is in there as well.
      const bounds = { directory, signal, timeoutMs, maxBytes: 2 * maxBytes }
      await runConverter(converter, program, bounds)
    } catch (error) {
      if (!(error instanceof ConversionError)) throw error
      throw new AccessError('export_failed', {
        message: publicSentence(error.message, directory),
        cause: error,
      })
    }
    const { handle, bytes } = await openConverted(join(directory, file), program.user)
    if (bytes <= maxBytes) return { handle, bytes }
    await handle.close()
    throw tooLarge(maxBytes)
  }

  return {
    async make(request) {
      const release = slots.take(request.accountId)
      try {
        const directory = await createExportDirectory(root)
        try {
          const { handle, bytes } = await makeIn(directory, request)
          let closing: Promise<void> | undefined
          const close = () => {
            release()
            closing ??= handle.close()
            return closing
          }
          return { handle, bytes, close }
        } finally {
          // An open file does not need its name.
          await rm(directory, { recursive: true, force: true })
        }
      } catch (error) {
        release()
        throw error
      }
    },
  }
}

/** What a converter said first, without where we keep our files. */
function publicSentence(errors: string, directory: string): string {
  const lines = errors.split('\n').map((line) => line.trim())
  const said = (lines.find((text) => /^ERROR \d+: /.test(text)) ?? '')
    .replace(/^ERROR \d+: /, '')
    .replaceAll(`${directory}/`, '')
  return `The result cannot be written in this format${said === '' ? '.' : `: ${said}`}`
}
