import type { ServerResponse } from 'node:http'
import { AccessError } from '../../errors.ts'
import { describeFields } from '../../warehouse/describe-fields.ts'
import { createJsonRows, type JsonRows } from '../../warehouse/json-rows.ts'
import type { ResultSink, Session } from '../../warehouse/session.ts'
import type { TypeCatalogue } from '../../warehouse/type-catalogue.ts'
import type { WireColumn, WireNotice } from '../../warehouse/wire-reader.ts'
import { sqlErrorBody } from './render-sql-error.ts'

/** Up to here an answer is kept, so that an early failure still gets its own status. */
const keepBytes = 64 * 1024
/** From here on what has been written is sent. */
const sendBytes = 32 * 1024
/** Of what PostgreSQL remarks, so much is passed on. */
const maxNotices = 100
const maxNoticeLength = 1_000

/** Beginning, separator and end of a format's document. */
export type DocumentShape = {
  readonly open: string
  readonly close: (end: ResultEnd) => string
  /** The column that holds each feature's geometry as GeoJSON text, in formats that have one. */
  readonly geometryColumn?: string
}

export type ResultEnd = {
  readonly fields: Record<string, unknown>
  readonly totalRows: number
  readonly elapsedMs: number
  readonly notices: readonly WireNotice[]
  readonly error: AccessError | undefined
}

export type ResultWriter = {
  /** Give this to the session; results stream through it with back-pressure on the session. */
  sink(session: Session, types: TypeCatalogue): ResultSink
  /** Why the writer stopped taking rows; undefined while it has not. */
  stopped(): AccessError | undefined
  /** True once bytes have left: from then on an error can only be told inside the document. */
  isStreaming(): boolean
  /** Ends the document. Returns the whole of it when nothing has been sent yet. */
  finish(tag: string, error?: AccessError): Buffer | undefined
  /** True when a type was met that the catalogue does not know. */
  metUnknownType(): boolean
}

/**
 * Turns a result into a document of `shape`. Small documents come back from `finish` whole; larger
 * ones are sent to `response` while they arrive, no faster than the client reads.
 */
export function createResultWriter(options: {
  readonly response: ServerResponse
  readonly startResponse: () => void
  readonly shape: DocumentShape
  readonly maxRows: number
  readonly maxBytes: number
  readonly monotonicNow: () => number
}): ResultWriter {
  const { response, startResponse, shape, maxRows, maxBytes, monotonicNow } = options
  const startedAt = monotonicNow()
  const notices: WireNotice[] = []
  let rows: JsonRows | undefined
  let fields: Record<string, unknown> = {}
  let rowCount = 0
  let sentBytes = 0
  let streaming = false
  let stopReason: AccessError | undefined
  let unknownType = false
  let resume = () => {}

  function startStreaming(session: Session): void {
    startResponse()
    streaming = true
    resume = () => session.resume()
    response.on('drain', resume)
    response.on('close', resume)
  }

  function send(session: Session): void {
    const chunk = rows?.take()
    if (chunk === undefined || chunk.length === 0) return
    if (!streaming) startStreaming(session)
    sentBytes += chunk.length
    const keepsUp = response.write(chunk)
    if (!keepsUp && !response.destroyed) session.pause()
  }

  function stop(session: Session, reason: AccessError): void {
    stopReason = reason
    session.cancel()
  }

  return {
    sink: (session, types) => ({
      columns(columns: WireColumn[]) {
        fields = describeFields(columns, types)
        unknownType = columns.some((column) => !types.has(column.typeOid))
        rows = createJsonRows(columns, types, shape.geometryColumn)
        rows.text(shape.open)
      },
      row(buffer, offset, columnCount) {
        if (rows === undefined || stopReason !== undefined) return
        if (rowCount === maxRows) {
          stop(
            session,
            new AccessError('rows_limit_exceeded', {
              message: `The result has more than ${maxRows} rows. Ask for fewer with LIMIT.`,
            }),
          )
          return
        }
        rowCount += 1
        rows.row(buffer, offset, columnCount)
        const waiting = rows.length()
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
    }),
    stopped: () => stopReason,
    isStreaming: () => streaming,
    metUnknownType: () => unknownType,
    finish(tag, error) {
      if (rows === undefined) {
        rows = createJsonRows([], new Map())
        rows.text(shape.open)
      }
      const affected = /(\d+)$/.exec(tag)?.[1]
      rows.text(
        shape.close({
          fields,
          totalRows: rowCount > 0 || affected === undefined ? rowCount : Number(affected),
          elapsedMs: monotonicNow() - startedAt,
          notices,
          error,
        }),
      )
      const rest = rows.take()
      if (!streaming) return rest
      // From here on the session is not ours to hold up or to let go.
      response.off('drain', resume)
      response.off('close', resume)
      resume()
      response.end(rest)
      return undefined
    },
  }
}

/** `{"rows":[...],"time":...,"fields":{...},"total_rows":n}` and what may follow. */
export const jsonShape: DocumentShape = {
  open: '{"rows":[',
  close({ fields, totalRows, elapsedMs, notices, error }) {
    const tail: Record<string, unknown> = {
      time: Math.round(elapsedMs) / 1000,
      fields,
      total_rows: totalRows,
      ...(error !== undefined && sqlErrorBody(error)),
      ...noticesBySeverity(notices),
    }
    return `],${JSON.stringify(tail).slice(1)}`
  },
}

export const geojsonGeometryColumn = '_postern_geojson'

/** A FeatureCollection. */
export const geojsonShape: DocumentShape = {
  open: '{"type": "FeatureCollection", "features": [',
  geometryColumn: geojsonGeometryColumn,
  close: ({ error }) =>
    error === undefined ? ']}' : `],${JSON.stringify(sqlErrorBody(error)).slice(1)}`,
}

/**
 * `"notices": [...]`, `"warnings": [...]`: PostgreSQL's severity in lower case, plural; these two
 * first, whatever order they came in.
 */
function noticesBySeverity(notices: readonly WireNotice[]): Record<string, string[]> {
  const groups = new Map<string, string[]>([
    ['notices', []],
    ['warnings', []],
  ])
  for (const { severity, message } of notices) {
    const name = `${severity.toLowerCase()}s`
    groups.set(name, [...(groups.get(name) ?? []), message])
  }
  return Object.fromEntries([...groups].filter(([, messages]) => messages.length > 0))
}
