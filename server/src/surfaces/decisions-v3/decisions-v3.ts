import { type Explanation, explainDecision } from '../../commands/explain-decision.ts'
import { scopeToAskAbout } from '../../commands/find-asked-principal.ts'
import type { Lack } from '../../policy/lack.ts'
import { getManager } from '../manage.ts'
import type { Surface } from '../surface.ts'
import { readDecisionRequest } from './read-decision-request.ts'
import * as schema from './schema.ts'

/** Whether something would be allowed, and why not, for whoever manages the credential. */
export const decisionsV3: Surface = (server, { commands }) => {
  server.post('/v3/decisions', { schema: schema.explain }, async (request, reply) => {
    const asked = readDecisionRequest(request.body)
    const manager = getManager(request, scopeToAskAbout(asked.credential))
    reply.header('cache-control', 'no-store')
    return presentExplanation(await explainDecision(commands, manager, asked))
  })
}

function presentExplanation(explanation: Explanation) {
  const { allowed, reason = null, sentence, notes } = explanation
  return {
    allowed,
    reason,
    sentence,
    missing: explanation.missing.map(presentLack),
    needed: explanation.needed.map(presentLack),
    notes,
  }
}

function presentLack(lack: Lack) {
  return lack.what === 'validity'
    ? { what: lack.what, expired_at: lack.expiredAt.toISOString() }
    : lack
}
