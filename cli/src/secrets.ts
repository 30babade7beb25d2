import { rotateSecrets } from '@postern/server/commands/rotate-secrets.js'
import type { Command } from 'commander'
import { withInstallation } from './with-installation.ts'

export function addSecretsCommands(program: Command): void {
  const secrets = program.command('secrets').description('The keys that secrets are sealed with.')

  secrets
    .command('rotate')
    .description('Seal everything with a new key, while the server goes on serving.')
    .action(async () => {
      const { keyId, resealed, kept } = await withInstallation(({ context, installation }) =>
        rotateSecrets(context, {
          read: () => installation.keys.reload(),
          replace: (ring) => installation.keys.replace(ring),
        }),
      )
      console.log(`Sealed the secrets of ${resealed} keys anew. The current key is ${keyId}.`)
      for (const { keyId: olderId, tokens } of kept) {
        const found = tokens === 1 ? 'One token that is' : `${tokens} tokens that are`
        console.log(
          `${found} shown once can only be found with the key ${olderId}, which stays in the key file until they end or are regenerated.`,
        )
      }
    })
}
