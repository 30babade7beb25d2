import type { SqlParameters } from './read-parameters.ts'

const defaultName = 'cartodb-query'

/**
 * The `Content-Disposition` of a result: a page shows it as long as the request names neither a
 * format nor a file, otherwise it is for saving. Nothing but printable ASCII gets into the header.
 */
export function contentDisposition(
  { isForSaving, filename }: Pick<SqlParameters, 'isForSaving' | 'filename'>,
  extension: string,
  modifiedAt: Date,
): string {
  return `${isForSaving ? 'attachment' : 'inline'}; filename=${safeName(filename)}.${extension}; modification-date="${modifiedAt.toUTCString()}";`
}

/** Without its last extension, and without what would need quoting. */
export function safeName(filename = defaultName): string {
  return filename.replace(/(?<=.)\.[^.]*$/, '').replace(/[;()[\]<>'"\s]|[^ -~]/g, '_')
}
