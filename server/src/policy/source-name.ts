/**
 * Whether a text can be the name of a named source: 3 to 51 of lower-case letters, digits, hyphens and
 * underscores, beginning and ending with a letter or digit. No SQL that reads anything looks so.
 */
export function isSourceName(text: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{1,49}[a-z0-9]$/.test(text)
}
