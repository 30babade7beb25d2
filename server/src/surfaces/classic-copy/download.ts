import type { Writable } from 'node:stream'
import type { ResultSink, Session } from '../../warehouse/session.ts'

/** What has come is sent from this size on; a piece of a copy is one row. */
const sendBytes = 32 * 1024

export type Download = {
  /** Give this to the session; data passes through it with back-pressure on the session. */
  sink(session: Session): ResultSink
  /** True once bytes have been handed to the output. */
  hasBegun(): boolean
  /** Hands over what is left. */
  finish(): void
}

/**
 * Passes the data of a COPY TO STDOUT on, no faster than the output takes it. In memory is what the
 * output holds on its way, and less than one block.
 */
export function createDownload(output: Writable, start: () => void): Download {
  let block = Buffer.allocUnsafe(sendBytes)
  let length = 0
  let begun = false
  let letGo = () => {}

  function send(chunk: Buffer, session: Session | undefined): void {
    if (!begun) {
      begun = true
      start()
    }
    const keepsUp = output.write(chunk)
    if (!keepsUp && !output.destroyed) session?.pause()
  }

  function sendBlock(session: Session | undefined): void {
    if (length === 0) return
    const full = block.subarray(0, length)
    block = Buffer.allocUnsafe(sendBytes)
    length = 0
    send(full, session)
  }

  return {
    sink(session) {
      const resume = () => session.resume()
      output.on('drain', resume)
      output.on('close', resume)
      letGo = () => {
        output.off('drain', resume)
        output.off('close', resume)
        resume()
      }
      return {
        copyData(buffer, start, end) {
          if (output.destroyed) return
          if (length + end - start > sendBytes) sendBlock(session)
          if (end - start > sendBytes) {
            send(Buffer.from(buffer.subarray(start, end)), session)
            return
          }
          length += buffer.copy(block, length, start, end)
        },
      }
    },
    hasBegun: () => begun,
    finish() {
      // From here on the session is not ours to hold up or to let go.
      letGo()
      sendBlock(undefined)
    },
  }
}
