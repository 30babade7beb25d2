import { rotateSecrets } from '@postern/server/commands/rotate-secrets.js'
import type { Command } from 'commander'
import { withInstallation } from './with-installation.ts'

export function addSecretsCommands(program: Command): void {
  const secrets = program.command('secrets').description('The keys that secrets are sealed with.')

  secrets
    .command('rotate')
    .description('Seal everything with a new key, while the server goes on serving.')
    .action(async () => {
      const { keyId, resealed } = await withInstallation(({ context, installation }) =>
        rotateSecrets(context, {
          read: () => installation.keys.reload(),
          replace: (ring) => installation.keys.replace(ring),
        }),
      )
      console.log(`Sealed the secrets of ${resealed} keys anew. The current key is ${keyId}.`)
    })
}
