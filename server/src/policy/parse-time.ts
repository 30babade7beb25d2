const timePattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/

/** A time in ISO 8601 with its offset, or a day, which begins in UTC. Undefined for anything else. */
export function parseTime(text: string): Date | undefined {
  const match = timePattern.exec(text)
  if (match === null) return undefined
  const time = new Date(text)
  // A day that its month does not have would be taken for one of the next month.
  const [year = 0, month = 0, day = 0] = match.slice(1, 4).map(Number)
  const lastDay = new Date(Date.UTC(year, month, 0)).getUTCDate()
  return Number.isNaN(time.getTime()) || day > lastDay ? undefined : time
}
