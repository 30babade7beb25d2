import { createCommandContext } from '@postern/server/command-context.js'
import type { CommandContext } from '@postern/server/commands/context.js'
import { type Config, readConfig } from '@postern/server/config.js'
import { type Installation, openInstallation } from '@postern/server/installation.js'
import type { Observation } from '@postern/server/observations.js'

/**
 * Runs `work` on the installation that the environment describes, beside a running server or
 * without one. Progress goes to standard error, so that standard output is the answer alone.
 */
export async function withInstallation<T>(
  work: (opened: {
    readonly config: Config
    readonly installation: Installation
    readonly context: CommandContext
  }) => Promise<T>,
): Promise<T> {
  const config = readConfig(process.env)
  const observe = (observation: Observation) => {
    if (observation.event === 'cluster_progress') console.error(observation.message)
  }
  const installation = await openInstallation(config, {
    isServer: false,
    progress: (message) => console.error(message),
    observe,
  })
  try {
    const context = createCommandContext(installation, config, observe)
    return await work({ config, installation, context })
  } finally {
    await installation.close()
  }
}
