import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findGdalProgram } from './gdal.ts'

const run = promisify(execFile)

/** What ogrinfo says of the one layer of a file: its summary, then every feature. */
export async function readGeofile(file: Uint8Array, extension: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-geofile-'))
  try {
    const path = join(directory, `file.${extension}`)
    await writeFile(path, file)
    const prefix = extension === 'zip' ? '/vsizip/' : ''
    const ogrinfo = findGdalProgram('ogrinfo')
    const { stdout } = await run(ogrinfo.path, ['-al', '-ro', `${prefix}${path}`], {
      env: { ...process.env, ...ogrinfo.environment },
      maxBuffer: 64 * 1024 * 1024,
    })
    return stdout
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** The names in a zip, from the directory at its end. */
export function namesInZip(zip: Buffer): string[] {
  const names: string[] = []
  const entry = Buffer.from('PK\x01\x02', 'latin1')
  for (let at = zip.indexOf(entry); at >= 0; at = zip.indexOf(entry, at + 1)) {
    names.push(zip.toString('utf8', at + 46, at + 46 + zip.readUInt16LE(at + 28)))
  }
  return names
}
