#!/usr/bin/env node
import { existsSync } from 'node:fs'

const program = new URL('../dist/postern.js', import.meta.url)
if (!existsSync(program)) {
  console.error('Postern has not been built yet. Run: npm run build')
  process.exit(1)
}
await import(program.href)
