const defaultName = 'cartodb-query'

/**
 * The `Content-Disposition` of a result: a page shows it as long as the request names neither a
 * format nor a file, otherwise it is for saving. Nothing but printable ASCII gets into the header.
 */
export function contentDisposition(
  parameters: Readonly<Record<string, unknown>>,
  extension: string,
  modifiedAt: Date,
): string {
  const { format, filename } = parameters
  const isAsked = [format, filename].some((value) => value !== undefined && value !== '')
  const name = typeof filename === 'string' && filename !== '' ? safeName(filename) : defaultName
  return `${isAsked ? 'attachment' : 'inline'}; filename=${name}.${extension}; modification-date="${modifiedAt.toUTCString()}";`
}

/** Without its last extension, and without what would need quoting. */
function safeName(filename: string): string {
  return filename.replace(/(?<=.)\.[^.]*$/, '').replace(/[;()[\]<>'"\s]|[^ -~]/g, '_')
}
