import { defineConfig } from 'vitest/config'

/**
 * What takes long and whose promises are kept nearer, too, or in part: `npm run test:long` runs these.
 * Everything together takes more than the ten minutes that a run may take on two cores.
 */
const longFiles = [
  'acceptance/accounts.test.ts',
  'acceptance/account-settings.test.ts',
  'acceptance/outage.test.ts',
  'acceptance/rate-limits.test.ts',
  'acceptance/sql-streaming.test.ts',
  'acceptance/sql-exports.test.ts',
  'acceptance/credentials.test.ts',
  'acceptance/usage.test.ts',
  'acceptance/copy.test.ts',
]

export default defineConfig({
  test: {
    globalSetup: ['server/test/global-setup.ts', 'acceptance/support/global-setup.ts'],
    setupFiles: ['server/test/fixed-seed.ts'],
    include: [
      'server/**/*.test.ts',
      'cli/**/*.test.ts',
      'acceptance/**/*.test.ts',
      'bench/**/*.test.ts',
      'dashboard/src/**/*.test.{ts,tsx}',
    ],
    exclude: [
      '**/node_modules/**',
      '**/dist/**',
      ...(process.env.POSTERN_TEST_LONG === undefined ? longFiles : []),
    ],
    // Spent only where something hangs: what waits inside of a test gives up after a minute, and a
    // machine that is busy with other things needs several times what a quiet one does.
    testTimeout: 180_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    pool: 'forks',
    // A process takes one file after the other: starting one and loading everything anew costs more
    // than most files. So nothing may be left behind in a module or in the process.
    isolate: false,
    maxWorkers: 3,
  },
})
