import { main } from '@postern/server/main.js'
import type { Command } from 'commander'

export function addStartCommand(program: Command): void {
  program
    .command('start')
    .description('Run the server until it is told to stop.')
    .action(() => main(process.env, (message) => console.log(message)))
}
