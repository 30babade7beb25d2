/** Numbers from 0 up to 1, the same for the same seed on every machine (Mulberry32). */
export function createSeededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** `count` whole numbers from `first` to `last`, both included. */
export function seededIntegers(
  seed: number,
  count: number,
  { first, last }: { readonly first: number; readonly last: number },
): number[] {
  const random = createSeededRandom(seed)
  return Array.from({ length: count }, () => first + Math.floor(random() * (last - first + 1)))
}
