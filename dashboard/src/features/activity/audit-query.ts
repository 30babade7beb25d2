/** What narrows the log; whatever is absent narrows nothing. */
export type AuditFilter = {
  readonly from?: string
  readonly to?: string
  readonly action?: string
  readonly actor?: string
  readonly target?: string
}

const dayMs = 24 * 3_600_000

/** The filter as the server knows it: days become times of the user's own clock, the last one included. */
export function auditQuery({ from, to, ...names }: AuditFilter): AuditFilter {
  const start = startOfDay(from)
  const end = startOfDay(to)
  return {
    ...names,
    ...(start !== undefined && { from: start.toISOString() }),
    ...(end !== undefined && { to: nextDay(end).toISOString() }),
  }
}

function startOfDay(day: string | undefined): Date | undefined {
  const time = new Date(`${day}T00:00:00`)
  return day === undefined || Number.isNaN(time.getTime()) ? undefined : time
}

/** A day may have 23 or 25 hours. */
function nextDay(day: Date): Date {
  const next = new Date(day.getTime() + 1.5 * dayMs)
  next.setHours(0, 0, 0, 0)
  return next
}
