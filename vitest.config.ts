import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    globalSetup: ['server/test/global-setup.ts', 'acceptance/support/global-setup.ts'],
    include: [
      'server/**/*.test.ts',
      'cli/**/*.test.ts',
      'acceptance/**/*.test.ts',
      'bench/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 3,
  },
})
