const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
// Words, in the language of the sentences that they stand in.
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** A moment as the user's locale and time zone write it. */
export function formatDateTime(time: string | number | Date): string {
  return dateTime.format(new Date(time))
}

export function formatDate(time: string | number | Date): string {
  return date.format(new Date(time))
}

const steps = [
  ['year', 365 * 24 * 3_600_000],
  ['month', 30 * 24 * 3_600_000],
  ['day', 24 * 3_600_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

/** How far a moment is from `nowMs`, in the largest unit that fits. */
export function formatAge(time: string | number | Date, nowMs: number): string {
  const distanceMs = new Date(time).getTime() - nowMs
  for (const [unit, unitMs] of steps) {
    if (Math.abs(distanceMs) >= unitMs)
      return relative.format(Math.trunc(distanceMs / unitMs), unit)
  }
  return relative.format(0, 'minute')
}

const hour = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
})
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const timeOfDay = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const utcDay = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
})

/** The beginning of an hour, without its year. */
export function formatHour(time: string | number | Date): string {
  return hour.format(new Date(time))
}

/** A day, without its year. */
export function formatDay(time: string | number | Date): string {
  return day.format(new Date(time))
}

export function formatTime(time: string | number | Date): string {
  return timeOfDay.format(new Date(time))
}

/** A day of UTC, without its year. */
export function formatUtcDay(time: string | number | Date): string {
  return utcDay.format(new Date(time))
}
