/** Why an address cannot be one that a browser application is called back at; undefined: it can. */
export function findRedirectProblem(address: string): string | undefined {
  if (!URL.canParse(address))
    return 'Write the whole address, such as https://app.example.com/callback.'
  const { protocol, hostname, username, password } = new URL(address)
  if (address.includes('#')) return 'Leave out what begins with #: it is never sent.'
  if (address.includes('*')) return 'Write each address out: they are compared letter by letter.'
  if (username !== '' || password !== '' || address.includes('@')) {
    return 'Leave out the user and password.'
  }
  const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback)) return undefined
  return 'Use https. Only on the machine itself (localhost) may it be http.'
}

/** The addresses in a text, one a line or separated by blanks. */
export function splitRedirects(text: string): readonly string[] {
  return text.split(/\s+/).filter((part) => part !== '')
}
