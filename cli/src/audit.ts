import { type AuditAction, auditActions } from '@postern/server/store/audit-actions.js'
import { type AuditEvent, listAuditEvents } from '@postern/server/store/audit-events.js'
import { type Command, InvalidArgumentError } from 'commander'
import { findAccount } from './find-account.ts'
import { withInstallation } from './with-installation.ts'

export function addAuditCommand(program: Command): void {
  program
    .command('audit')
    .description('Who has changed what in an account, the latest first.')
    .argument('<account>')
    .option(
      '--action <name>',
      'an action, or what actions are done to, such as api_key',
      readActions,
    )
    .option('--limit <n>', 'at most so many events', readLimit, 50)
    .option('--json', 'print JSON, one event a line')
    .action(show)
}

function readActions(text: string): readonly AuditAction[] {
  const actions = auditActions.filter((action) => action === text || action.startsWith(`${text}.`))
  if (actions.length > 0) return actions
  throw new InvalidArgumentError(`It is one of ${auditActions.join(', ')}.`)
}

function readLimit(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is a whole number from 1 to 99999.')
}

async function show(
  accountName: string,
  options: { action?: readonly AuditAction[]; limit: number; json?: true },
): Promise<void> {
  const { action: actions, limit, json } = options
  const events = await withInstallation(async ({ context }) => {
    const { id } = await findAccount(context, accountName)
    return listAuditEvents(context.store, id, actions === undefined ? {} : { actions }, { limit })
  })
  for (const event of events) console.log(json ? JSON.stringify(event) : lineOf(event))
}

/** Names are somebody else's: as JSON, nothing in them does anything to a terminal. */
function lineOf({
  at,
  action,
  actorKind,
  actorName,
  clientNetwork,
  targetName,
}: AuditEvent): string {
  const quoted = (name: string | null) => (name === null ? '-' : JSON.stringify(name))
  const who = `${actorKind} ${quoted(actorName)}`
  return [at.toISOString(), action, who, quoted(targetName), clientNetwork ?? '-'].join('\t')
}
