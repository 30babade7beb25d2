/** How often to try what depends on chance: so often usually, and so often in `npm run test:long`. */
export function rounds(usually: number, long: number): number {
  return process.env.POSTERN_TEST_LONG === '1' ? long : usually
}
