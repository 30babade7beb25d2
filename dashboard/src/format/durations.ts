const unit = (name: 'minute' | 'second') =>
  new Intl.NumberFormat('en', { style: 'unit', unit: name, unitDisplay: 'long' })
const minutes = unit('minute')
const seconds = unit('second')
const list = new Intl.ListFormat('en', { type: 'unit' })

/** Whole seconds in words, as "2 minutes, 5 seconds", in the language of the sentences that they stand in. */
export function formatDuration(totalSeconds: number): string {
  const rest = totalSeconds % 60
  const whole = (totalSeconds - rest) / 60
  return list.format([
    ...(whole > 0 ? [minutes.format(whole)] : []),
    ...(rest > 0 || whole === 0 ? [seconds.format(rest)] : []),
  ])
}
