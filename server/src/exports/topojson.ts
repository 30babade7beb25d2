import { fileURLToPath } from 'node:url'
import type { Converter } from './run-converter.ts'

const maxMemoryMegabytes = 1_024

/**
 * How a FeatureCollection becomes a topology: by a process of its own, because it takes as long as
 * it takes. With `callback` it becomes a script that calls it.
 */
export function topojsonConverter(
  input: string,
  callback: string | undefined,
): { readonly converter: Converter; readonly file: string } {
  const file = 'out.topojson'
  const module = fileURLToPath(new URL('./write-topojson.js', import.meta.url))
  return {
    converter: {
      program: 'node',
      args: [`--max-old-space-size=${maxMemoryMegabytes}`, module, input, file, callback ?? ''],
    },
    file,
  }
}
