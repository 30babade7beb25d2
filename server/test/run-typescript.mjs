/**
 * Runs a TypeScript file in a Node process of its own, for tests that kill a process:
 * node run-typescript.mjs FILE [ARGUMENT ...]. The file finds its arguments in process.argv, from
 * the fourth on.
 */
import { runnerImport } from 'vite'

const [, , file] = process.argv
await runnerImport(file, { configFile: false, logLevel: 'error' })
