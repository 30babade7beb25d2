export const defaultPageSize = 50
export const maxPageSize = 1_000
/** More are asked for in parts, by time: whoever gets a file knows that it is whole. */
export const maxExportedEvents = 100_000
