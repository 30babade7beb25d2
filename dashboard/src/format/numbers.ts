const whole = new Intl.NumberFormat()
const short = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 })

/** A count, with the separators of the user's locale. */
export function formatCount(count: number): string {
  return whole.format(count)
}

/** A count in few characters, for axes and tags. */
export function formatShortCount(count: number): string {
  return short.format(count)
}

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

/** A number of bytes, in the largest unit that leaves something before the point. */
export function formatBytes(bytes: number): string {
  const step =
    bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log(bytes) / Math.log(1000)))
  return new Intl.NumberFormat(undefined, {
    style: 'unit',
    unit: units[step] ?? 'byte',
    // The short form knows no plural of bytes.
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: step === 0 ? 0 : 1,
  }).format(bytes / 1000 ** step)
}
