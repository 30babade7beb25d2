/** The parts of the form that an error can belong to. */
export type KeyFormPart = 'name' | 'description' | 'expiry' | 'tables' | 'datasets' | 'form'

const places: readonly {
  readonly part: KeyFormPart
  readonly said: RegExp
  /** What to do, where the server's sentence is for programs. */
  readonly sentence?: string
}[] = [
  {
    part: 'name',
    said: /\bName api_key name cannot be\b/,
    sentence: 'Every account has a key of this name already. Choose another one.',
  },
  {
    part: 'name',
    said: /\bName has already been taken\b/,
    sentence: 'There is already a key of this name. Choose another one.',
  },
  { part: 'name', said: /\bName can't be blank\b/, sentence: 'Give the key a name.' },
  { part: 'name', said: /\bName (is|has|contains) [^,]*/ },
  { part: 'description', said: /\bDescription [^,]*/ },
  {
    part: 'expiry',
    said: /\bExpires at has to be in the future\b/,
    sentence: 'Choose a time that has not passed.',
  },
  { part: 'expiry', said: /\bExpires at [^,]*/ },
  {
    part: 'tables',
    said: /\bcan only grant table permissions you have\b/,
    sentence:
      'One of the tables is gone, or the account does not have on it what is ticked. Look for it again and tick it anew.',
  },
  { part: 'tables', said: /\bGrants can name at most [^,]*/ },
  {
    part: 'form',
    said: /You have reached the limit of API keys/,
    sentence:
      'The account has as many API keys as it may have. Delete one that nothing uses, or ask whoever runs this server for more.',
  },
  {
    part: 'datasets',
    said: /\bcan only grant schema permissions you have\b/,
    sentence: 'The account may not make tables in this schema any more.',
  },
]

/** Which parts of the form a refusal of the server belongs to, and what to say there. */
export function placeKeyError(message: string): Partial<Record<KeyFormPart, string>> {
  const errors: Partial<Record<KeyFormPart, string>> = {}
  for (const { part, said, sentence } of places) {
    const found = said.exec(message)?.[0]
    if (found !== undefined) errors[part] ??= sentence ?? `${found}.`
  }
  const isPlaced = Object.keys(errors).length > 0
  return isPlaced ? errors : { form: message.replace(/^Validation failed: /, '') }
}
