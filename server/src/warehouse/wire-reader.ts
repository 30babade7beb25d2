import { AccessError } from '../errors.ts'

/**
 * The half of PostgreSQL's frontend/backend protocol (version 3) that arrives after log-in. Rows are
 * handed on as the bytes they came in, so that a result can be written out without ever becoming
 * JavaScript values. https://www.postgresql.org/docs/current/protocol-message-formats.html
 */

/** One column of a RowDescription. */
export type WireColumn = {
  readonly name: string
  readonly typeOid: number
  readonly typeModifier: number
}

/** The fields of an ErrorResponse or NoticeResponse that we use. */
export type WireNotice = {
  readonly severity: string
  readonly sqlstate: string
  readonly message: string
  readonly detail: string | undefined
  readonly hint: string | undefined
  readonly context: string | undefined
}

/**
 * What a reader calls, in the order of arrival. Row bytes are only valid during the call. `offset`
 * points behind the column count of the DataRow.
 */
export type WireHandler = {
  rowDescription(columns: WireColumn[]): void
  dataRow(buffer: Buffer, offset: number, columnCount: number): void
  commandComplete(tag: string): void
  error(notice: WireNotice): void
  notice(notice: WireNotice): void
  parameterStatus(name: string): void
  readyForQuery(transactionStatus: string): void
  /** PostgreSQL wants the data of a COPY FROM STDIN. */
  copyIn(): void
  /** The data of a COPY TO STDOUT follows. */
  copyOut(): void
  /** A piece of it, valid only during the call. */
  copyData(buffer: Buffer, start: number, end: number): void
  /** Notifications and the like: nothing we ask for leads to these. */
  unexpected(type: string): void
}

/** A message's type and length. */
const headerLength = 5

/**
 * Splits a byte stream into messages. Feed it every chunk; it keeps what is not complete. A message
 * of more than `maxMessageBytes` is not waited for: the call throws bytes_limit_exceeded.
 */
export function createWireReader(
  handler: WireHandler,
  maxMessageBytes = Number.POSITIVE_INFINITY,
): (chunk: Buffer) => void {
  let chunks: Buffer[] = []
  let length = 0
  /** How many bytes the first incomplete message has, as far as that is known. */
  let needed = headerLength

  return (chunk) => {
    chunks.push(chunk)
    length += chunk.length
    // A message that is longer than a chunk is put together once, when it is whole.
    if (length < needed) return
    const buffer = chunks.length === 1 ? chunk : Buffer.concat(chunks, length)
    const rest = buffer.subarray(readMessages(buffer, handler))
    chunks = rest.length === 0 ? [] : [rest]
    length = rest.length
    needed = length < headerLength ? headerLength : messageLength(rest, 0)
    if (needed > maxMessageBytes) {
      throw new AccessError('bytes_limit_exceeded', {
        message: `A row of the result is larger than ${maxMessageBytes} bytes. Ask for less.`,
      })
    }
  }
}

/** Of the message that begins at `offset`, its type included. */
function messageLength(buffer: Buffer, offset: number): number {
  return 1 + buffer.readInt32BE(offset + 1)
}

function readMessages(buffer: Buffer, handler: WireHandler): number {
  let offset = 0
  while (offset + headerLength <= buffer.length) {
    const end = offset + messageLength(buffer, offset)
    if (end > buffer.length) break
    readMessage(buffer, offset, end, handler)
    offset = end
  }
  return offset
}

function readMessage(buffer: Buffer, start: number, end: number, handler: WireHandler): void {
  const body = start + headerLength
  switch (buffer[start]) {
    case 0x44: // D
      handler.dataRow(buffer, body + 2, buffer.readInt16BE(body))
      return
    case 0x54: // T
      handler.rowDescription(readRowDescription(buffer, body))
      return
    case 0x43: // C
      handler.commandComplete(buffer.toString('utf8', body, end - 1))
      return
    case 0x45: // E
      handler.error(readNotice(buffer, body))
      return
    case 0x4e: // N
      handler.notice(readNotice(buffer, body))
      return
    case 0x53: // S
      handler.parameterStatus(readCString(buffer, body))
      return
    case 0x5a: // Z
      handler.readyForQuery(String.fromCharCode(buffer[body] ?? 0))
      return
    case 0x31: // 1 ParseComplete
    case 0x32: // 2 BindComplete
    case 0x33: // 3 CloseComplete
    case 0x49: // I EmptyQueryResponse
    case 0x6e: // n NoData
    case 0x74: // t ParameterDescription
    case 0x63: // c CopyDone
      return
    case 0x47: // G
      handler.copyIn()
      return
    case 0x48: // H
      handler.copyOut()
      return
    case 0x64: // d
      handler.copyData(buffer, body, end)
      return
    default:
      handler.unexpected(String.fromCharCode(buffer[start] ?? 0))
  }
}

function readRowDescription(buffer: Buffer, body: number): WireColumn[] {
  const columns: WireColumn[] = []
  let offset = body + 2
  for (let index = buffer.readInt16BE(body); index > 0; index -= 1) {
    const name = readCString(buffer, offset)
    offset = buffer.indexOf(0, offset) + 1
    columns.push({
      name,
      typeOid: buffer.readUInt32BE(offset + 6),
      typeModifier: buffer.readInt32BE(offset + 12),
    })
    offset += 18
  }
  return columns
}

function readNotice(buffer: Buffer, body: number): WireNotice {
  const fields: Record<string, string> = {}
  let offset = body
  while (buffer[offset] !== 0) {
    const type = String.fromCharCode(buffer[offset] ?? 0)
    fields[type] = readCString(buffer, offset + 1)
    offset = buffer.indexOf(0, offset + 1) + 1
  }
  return {
    // V is the severity that is never translated.
    severity: fields.V ?? fields.S ?? 'ERROR',
    sqlstate: fields.C ?? '',
    message: fields.M ?? '',
    detail: fields.D,
    hint: fields.H,
    context: fields.W,
  }
}

function readCString(buffer: Buffer, offset: number): string {
  return buffer.toString('utf8', offset, buffer.indexOf(0, offset))
}
