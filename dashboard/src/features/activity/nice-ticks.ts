/**
 * Where an axis of counts from 0 to `max` has its lines: 3 to 6 round numbers, the last of them not below
 * `max`, which is where the axis ends.
 */
export function niceTicks(max: number): number[] {
  const rough = Math.max(max, 1) / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(1, ([1, 2, 2.5, 5, 10].find((each) => each * power >= rough) ?? 10) * power)
  const whole = Math.ceil(step)
  const count = Math.max(1, Math.ceil(max / whole))
  return Array.from({ length: count + 1 }, (_, index) => index * whole)
}
