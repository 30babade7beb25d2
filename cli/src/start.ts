import type { Command } from 'commander'

export function addStartCommand(program: Command): void {
  program
    .command('start')
    .description('Run the server until it is told to stop.')
    .action(async () => {
      // Only now: loading the server is most of what any other command would take.
      const { main } = await import('@postern/server/main.js')
      await main(process.env, (message) => console.log(message))
    })
}
