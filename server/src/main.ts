import { createCommandContext } from './command-context.ts'
import { accountBaseUrl, publicUrlOf, readConfig } from './config.ts'
import { createLogger } from './create-logger.ts'
import { createDemoAccount, demoAccountName } from './demo/create-demo-account.ts'
import { capitalsTable } from './demo/load-demo-dataset.ts'
import { openInstallation } from './installation.ts'
import { logObservation } from './log-observations.ts'
import type { Observe } from './observations.ts'
import { reconcile } from './roles/reconcile.ts'
import { serve } from './serve.ts'

/**
 * Runs the server until it is told to stop: environment, configuration, installation, demo, requests.
 * Resolves after a clean stop. Throws a sentence when it cannot start.
 */
export async function main(
  environment: Record<string, string | undefined>,
  say: (message: string) => void,
): Promise<void> {
  const config = readConfig(environment)
  const { logger, flush } = createLogger(config.logLevel)
  const observe: Observe = (observation) => {
    if (observation.event === 'cluster_progress') say(observation.message)
    else logObservation(logger, observation)
  }
  const installation = await openInstallation(config, { isServer: true, progress: say, observe })
  try {
    const { admin, store, dataDir, address } = installation
    for (const { severity, subject, sentence } of await reconcile(admin, store, observe)) {
      if (severity !== 'mended') say(`Warning: ${subject}: ${sentence} See: npx postern doctor`)
    }
    const credentials = await createDemoAccount(
      createCommandContext(installation, config, observe),
      {
        dataDir,
        address,
        baseUrl: (account) => accountBaseUrl(publicUrlOf(config), account),
        progress: say,
      },
    )
    const server = await serve(installation, config, observe)
    // Until here a signal ends the process at once, and the cluster ends with it.
    const stop = untilSignal()
    try {
      if (credentials !== undefined) say(`The demo account's credentials are in ${credentials}`)
      say(`Postern answers at ${server.publicUrl}. Try it:`)
      say(`  ${tryIt(server.publicUrl)}`)
      say(`Stopping (${await stop.signalled}).`)
      stop.restoreDefault()
    } finally {
      await server.close()
    }
  } finally {
    await installation.close()
    flush()
  }
}

/** A line that works when it is pasted: the demo's public table, without any credential. */
function tryIt(publicUrl: string): string {
  const sql = `SELECT name, population FROM ${capitalsTable} ORDER BY population DESC LIMIT 3`
  return `curl -G '${accountBaseUrl(publicUrl, demoAccountName)}/api/v2/sql' --data-urlencode 'q=${sql}'`
}

/** The first Ctrl-C or TERM stops in good order; a second one ends the process at once. */
function untilSignal(): { signalled: Promise<NodeJS.Signals>; restoreDefault: () => void } {
  const signals = ['SIGINT', 'SIGTERM'] as const
  let restoreDefault = () => {}
  const signalled = new Promise<NodeJS.Signals>((resolve) => {
    const listeners = signals.map((signal) => [signal, () => resolve(signal)] as const)
    for (const [signal, listener] of listeners) process.on(signal, listener)
    restoreDefault = () => {
      for (const [signal, listener] of listeners) process.off(signal, listener)
    }
  })
  return { signalled, restoreDefault }
}
