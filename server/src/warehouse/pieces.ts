/** Bytes that are being put together, for whoever takes them away piece by piece. */
export type Pieces = {
  add(text: string): void
  /** How many bytes wait to be taken. */
  length(): number
  take(): Buffer
}

export function createPieces(): Pieces {
  let pieces: Buffer[] = []
  let waiting = 0
  return {
    add(text) {
      const piece = Buffer.from(text)
      pieces.push(piece)
      waiting += piece.length
    },
    length: () => waiting,
    take() {
      const taken = Buffer.concat(pieces, waiting)
      pieces = []
      waiting = 0
      return taken
    },
  }
}
