import { Command } from 'commander'
import { addAccountCommands } from './account.ts'
import { addAuditCommand } from './audit.ts'
import { addConnectionCommands } from './connection.ts'
import { addDoctorCommand } from './doctor.ts'
import { addOAuthClientCommands } from './oauth-client.ts'
import { addSecretsCommands } from './secrets.ts'
import { addStartCommand } from './start.ts'
import { addTilesetCommands } from './tileset.ts'
import { addTokenCommands } from './token.ts'
import { addUserCommands } from './user.ts'

/** The command line. Every command says on standard error what went wrong, and exits with 1. */
const program = new Command('postern')
  .description('Authorization for geospatial data APIs in front of PostGIS.')
  .showHelpAfterError()

addStartCommand(program)
addAccountCommands(program)
addUserCommands(program)
addConnectionCommands(program)
addTokenCommands(program)
addTilesetCommands(program)
addOAuthClientCommands(program)
addAuditCommand(program)
addDoctorCommand(program)
addSecretsCommands(program)

try {
  await program.parseAsync()
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  if (process.env.POSTERN_LOG_LEVEL === 'debug') console.error(error)
  process.exitCode = 1
}
