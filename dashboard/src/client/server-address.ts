/** Where programs reach the server: where its pages are, without a slash at the end. */
export function serverAddress(): string {
  return document.baseURI.replace(/\/+$/, '')
}
