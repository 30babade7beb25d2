import { basePath } from './base-path.ts'

/** Where the server is, for this page and for programs: without a slash at the end. */
export const serverAddress = `${window.location.origin}${basePath}`
