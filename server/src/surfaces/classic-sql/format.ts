import type { AccessError } from '../../errors.ts'
import type { ExportRequest } from '../../exports/exporter.ts'
import type { TypeCatalogue } from '../../warehouse/type-catalogue.ts'
import type { WireColumn, WireNotice } from '../../warehouse/wire-reader.ts'
import type { SqlParameters } from './read-parameters.ts'

/** How results become a document of one kind. One file in `formats/` each. */
export type Format = StreamFormat | ExportFormat

/** Written row by row while the rows arrive. */
export type StreamFormat = {
  readonly kind: 'stream'
  readonly contentType: string
  /** Of the file that a client saves. */
  readonly extension: string
  /**
   * What is sent in place of the caller's select; absent: the select itself. `parameters` come
   * validated.
   */
  readonly select?: (select: string, parameters: FormatParameters) => string
  /** Nothing leaves before everything is there: the document's beginning depends on its end. */
  readonly isHeld?: true
  /** The document is JavaScript, so that it can be the argument of a call. */
  readonly isScript?: true
  /** An error can stand in the document after rows have been sent. Otherwise the answer breaks off. */
  readonly tellsErrors?: true
  readonly createDocument: (parameters: FormatParameters) => Document
}

/** Made by another program of a file of rows. */
export type ExportFormat = {
  readonly kind: 'export'
  readonly contentType: string
  readonly extension: string
  readonly select?: StreamFormat['select']
  readonly isScript?: true
  readonly createInput: (parameters: FormatParameters) => ExportInput
}

export type ExportInput = {
  /** The name of the file that the document is written to. */
  readonly file: string
  readonly document: Document
  /** The most that the document may have, where that is less than of any other. */
  readonly maxBytes?: number
  /** Once the rows are there: adds what else is needed, and says how to go on. */
  readonly prepare: ExportRequest['prepare']
}

export type FormatParameters = Pick<
  SqlParameters,
  'skippedFields' | 'decimalPlaces' | 'callback' | 'filename'
>

/** A document that is being written into memory and handed over piece by piece. */
export type Document = {
  /** A statement begins, one of several: what the end tells of a result is told of the last. */
  statement?(): void
  /** Comes before the first row of a statement that has rows; throws AccessError when columns like these cannot be written. */
  columns(columns: readonly WireColumn[], types: TypeCatalogue): void
  /** Appends a DataRow, whose column count ends at `offset`. */
  row(buffer: Buffer, offset: number, columnCount: number): void
  /** How many bytes wait to be taken. */
  length(): number
  take(): Buffer
  /** Appends what stands behind the last row. There may have been no columns at all. */
  end(end: ResultEnd): void
}

export type ResultEnd = {
  readonly totalRows: number
  readonly elapsedMs: number
  readonly notices: readonly WireNotice[]
  /** Rows were left out. */
  readonly isCut: boolean
  readonly error: AccessError | undefined
}
