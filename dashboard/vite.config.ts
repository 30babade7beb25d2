import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const compressible = /\.(js|mjs|css|svg)$/

/** Writes each file once more as gzip and as brotli, so that the server compresses nothing. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    async writeBundle({ dir = 'dist' }) {
      const files = await readdir(dir, { recursive: true })
      await Promise.all(
        files
          .filter((file) => compressible.test(file))
          .map(async (file) => {
            const path = join(dir, file)
            const content = await readFile(path)
            await writeFile(`${path}.gz`, await promisify(gzip)(content, { level: 9 }))
            await writeFile(`${path}.br`, await promisify(brotliCompress)(content))
          }),
      )
    },
  }
}

export default defineConfig({
  plugins: [react(), compressed()],
  // Where the pages are is known when they are served: everything is found relative to that.
  base: './',
  // The library that draws maps is larger than what is usual, and loads with the first map.
  build: { target: 'es2023', assetsInlineLimit: 0, chunkSizeWarningLimit: 1_100 },
  experimental: {
    // In the page itself everything starts from <base>, however deep its address is.
    renderBuiltUrl: (file, { hostType }) => (hostType === 'html' ? file : { relative: true }),
  },
})
