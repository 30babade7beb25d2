import type { AuditEvent } from '../../store/audit-events.ts'

/** An event as the API shows it. */
export function presentAuditEvent(event: AuditEvent) {
  return {
    id: event.id,
    at: event.at.toISOString(),
    action: event.action,
    actor: {
      kind: event.actorKind,
      id: event.actorId,
      name: event.actorName,
      acting_for: event.actingFor,
      network: event.clientNetwork,
    },
    target: { id: event.targetId, name: event.targetName },
    details: event.details,
  }
}
