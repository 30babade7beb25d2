import type { Writable } from 'node:stream'
import { AccessError } from '../../errors.ts'
import type { ResultSink, Session } from '../../warehouse/session.ts'
import type { TypeCatalogue } from '../../warehouse/type-catalogue.ts'
import type { WireNotice } from '../../warehouse/wire-reader.ts'
import type { Document } from './format.ts'

/** From here on what has been written is sent. */
const sendBytes = 64 * 1024
/** Of what PostgreSQL remarks, so much is passed on. */
const maxNotices = 100
const maxNoticeLength = 1_000

export type ResultWriter = {
  /**
   * One for each statement, as it begins. Rows stream through it with back-pressure on the session;
   * those of several statements follow one another, and what else is told is told of the last.
   */
  sink(session: Session, types: TypeCatalogue): ResultSink
  /** Why the writer stopped taking rows; undefined while it has not. */
  stopped(): AccessError | undefined
  /** True once bytes have left: from then on an error can only be told inside the document. */
  isStreaming(): boolean
  /** Ends the document. Returns the whole of it when nothing has been sent yet. */
  finish(tag: string, error?: AccessError): Buffer | undefined
  /** True when there were more rows than are written, and `whenFull` is not to refuse. */
  isCut(): boolean
  /** True when a type was met that the catalogue does not know. */
  metUnknownType(): boolean
}

/**
 * Writes a result as `document`. Up to `keepBytes` it comes back from `finish` whole; what is larger
 * goes to `output` while it arrives, no faster than `output` takes it.
 */
export function createResultWriter(options: {
  readonly document: Document
  readonly output: Writable
  /** Called once, before the first byte goes to `output`. */
  readonly startOutput: () => void
  readonly keepBytes: number
  readonly maxRows: number
  /**
   * What becomes of a result with more rows: it is refused, or the rest is left out, and then the
   * statement either goes on, because it does more than read, or is cancelled.
   */
  readonly whenFull?: 'refuse' | 'cancel' | 'goOn'
  readonly maxBytes: number
  readonly monotonicNow: () => number
}): ResultWriter {
  const { document, output, startOutput, keepBytes, maxRows, maxBytes, monotonicNow } = options
  const { whenFull = 'refuse' } = options
  const startedAt = monotonicNow()
  const notices: WireNotice[] = []
  let rowCount = 0
  /** Of the statement that is running. */
  let ownRowCount = 0
  let sentBytes = 0
  let streaming = false
  let stopReason: AccessError | undefined
  let isCut = false
  let unknownType = false
  let resume = () => {}

  function startStreaming(session: Session): void {
    startOutput()
    streaming = true
    resume = () => session.resume()
    output.on('drain', resume)
    output.on('close', resume)
  }

  function send(session: Session): void {
    const chunk = document.take()
    if (chunk.length === 0) return
    if (!streaming) startStreaming(session)
    sentBytes += chunk.length
    const keepsUp = output.write(chunk)
    if (!keepsUp && !output.destroyed) session.pause()
  }

  function stop(session: Session, reason: AccessError): void {
    stopReason = reason
    session.cancel()
  }

  return {
    sink(session, types) {
      document.statement?.()
      ownRowCount = 0
      return {
        columns(columns) {
          unknownType ||= columns.some((column) => !types.has(column.typeOid))
          document.columns(columns, types)
        },
        row(buffer, offset, columnCount) {
          if (stopReason !== undefined || isCut) return
          if (rowCount === maxRows) {
            if (whenFull === 'refuse') stop(session, tooManyRows(maxRows))
            else isCut = true
            if (whenFull === 'cancel') session.cancel()
            return
          }
          rowCount += 1
          ownRowCount += 1
          document.row(buffer, offset, columnCount)
          const waiting = document.length()
          if (sentBytes + waiting > maxBytes) {
            stop(
              session,
              new AccessError('bytes_limit_exceeded', {
                message: `The result is larger than ${maxBytes} bytes. Ask for less.`,
              }),
            )
          } else if (waiting >= (streaming ? sendBytes : keepBytes)) {
            send(session)
          }
        },
        notice(notice) {
          if (notices.length >= maxNotices) return
          notices.push({ ...notice, message: notice.message.slice(0, maxNoticeLength) })
        },
      }
    },
    stopped: () => stopReason,
    isStreaming: () => streaming,
    isCut: () => isCut,
    metUnknownType: () => unknownType,
    finish(tag, error) {
      const affected = /(\d+)$/.exec(tag)?.[1]
      document.end({
        totalRows: ownRowCount > 0 || affected === undefined ? ownRowCount : Number(affected),
        elapsedMs: monotonicNow() - startedAt,
        notices,
        isCut,
        error,
      })
      const rest = document.take()
      if (!streaming) return rest
      // From here on the session is not ours to hold up or to let go.
      output.off('drain', resume)
      output.off('close', resume)
      resume()
      output.end(rest)
      return undefined
    },
  }
}

function tooManyRows(maxRows: number): AccessError {
  return new AccessError('rows_limit_exceeded', {
    message: `The result has more than ${maxRows} rows. Ask for fewer with LIMIT.`,
  })
}
