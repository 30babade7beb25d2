import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** `npm run screenshots`: no test, but it needs what tests need, a server and a browser. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    globalSetup: ['acceptance/support/global-setup.ts'],
    include: ['acceptance/screenshots/take-screenshots.ts'],
    testTimeout: 600_000,
    hookTimeout: 300_000,
  },
})
