/** The path that the dashboard is served under, without a trailing slash: the server writes it into `<base>`. */
export const basePath = new URL(document.baseURI).pathname.replace(/\/$/, '')
