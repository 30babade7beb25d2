import type { Writable } from 'node:stream'
import { serialize } from 'pg-protocol'

/** The client's half of a COPY FROM STDIN. */
export type CopyIn = {
  /** PostgreSQL takes data now: sends the source, no faster than it is taken. */
  start(): void
  /** Nothing more is sent; without a `reason` PostgreSQL has ended the copy itself. */
  stop(reason?: string): void
  /** The session is gone: there is nobody to send anything to. */
  abandon(): void
}

const copyDone = serialize.copyDone()

/**
 * Sends `source` to PostgreSQL. In memory is what the connection holds on its way and one piece of
 * the source. `close` gets the last message and has to send the sync behind it; it is called once.
 * `failed` is told first when the source throws: then all of the copy is undone.
 */
export function createCopyIn(options: {
  readonly source: AsyncIterable<Buffer>
  readonly stream: Writable
  readonly close: (last: Buffer) => void
  readonly failed: (error: unknown) => void
}): CopyIn {
  const { source, stream } = options
  let isOpen = true

  function close(last: Buffer): void {
    if (!isOpen) return
    isOpen = false
    options.close(last)
  }

  async function send(): Promise<void> {
    try {
      for await (const chunk of source) {
        if (!isOpen) return
        if (!stream.write(serialize.copyData(chunk))) await canTakeMore(stream)
        if (!isOpen) return
      }
      close(copyDone)
    } catch (error) {
      if (!isOpen) return
      options.failed(error)
      close(serialize.copyFail('The upload was not complete.'))
    }
  }

  return {
    start: () => void send(),
    stop: (reason) => close(reason === undefined ? Buffer.alloc(0) : serialize.copyFail(reason)),
    abandon() {
      isOpen = false
    },
  }
}

function canTakeMore(stream: Writable): Promise<void> {
  if (stream.destroyed || !stream.writableNeedDrain) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done)
      stream.off('close', done)
      resolve()
    }
    stream.on('drain', done)
    stream.on('close', done)
  })
}
