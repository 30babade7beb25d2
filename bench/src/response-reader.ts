/**
 * Finds the ends of HTTP/1.1 responses in the bytes of one connection. It looks at statuses and
 * lengths and copies nothing: a client that parsed more would use up the processor time that it is
 * there to measure. Pipelining is not understood: one response at a time.
 */
export function createResponseReader(
  onResponse: (status: number, bodyBytes: number) => void,
): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0)
  let status = 0
  let bodyBytes = 0
  /** Bytes of the body, or of the current chunk and its line break, that are still to come. */
  let toSkip = 0
  let phase: 'head' | 'body' | 'chunk-size' | 'chunk' | 'last-line' = 'head'

  function finish(): void {
    phase = 'head'
    onResponse(status, bodyBytes)
  }

  /** Reads up to the end of the marker; undefined when that is not there yet. */
  function readUntil(marker: string): string | undefined {
    const at = pending.indexOf(marker)
    if (at < 0) return undefined
    const text = pending.toString('latin1', 0, at)
    pending = pending.subarray(at + marker.length)
    return text
  }

  function startBody(head: string): void {
    status = Number(head.slice(9, 12))
    bodyBytes = 0
    if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
      phase = 'chunk-size'
      return
    }
    toSkip = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
    bodyBytes = toSkip
    phase = 'body'
  }

  function startChunk(sizeLine: string): void {
    const size = Number.parseInt(sizeLine, 16)
    if (Number.isNaN(size)) throw new Error('A chunk of the response has no size.')
    bodyBytes += size
    toSkip = size + 2
    phase = size === 0 ? 'last-line' : 'chunk'
  }

  /** Skips what is to be skipped; true when all of it was there. */
  function skip(): boolean {
    const skipped = Math.min(toSkip, pending.length)
    toSkip -= skipped
    pending = pending.subarray(skipped)
    return toSkip === 0
  }

  /** Takes one step; false when that needs more bytes. */
  function step(): boolean {
    switch (phase) {
      case 'head': {
        const head = readUntil('\r\n\r\n')
        if (head !== undefined) startBody(head)
        return head !== undefined
      }
      case 'body':
      case 'last-line':
        if (!skip()) return false
        finish()
        return pending.length > 0
      case 'chunk-size': {
        const line = readUntil('\r\n')
        if (line !== undefined) startChunk(line)
        return line !== undefined
      }
      case 'chunk':
        if (!skip()) return false
        phase = 'chunk-size'
        return true
    }
  }

  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    while (step());
  }
}
