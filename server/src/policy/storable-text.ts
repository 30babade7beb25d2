const nul = /\0/
// In unicode mode a surrogate matches only when it has no partner.
const loneSurrogate = /[\ud800-\udfff]/u

/**
 * True when PostgreSQL can hold the text as it is: it has no NUL character and no half of a
 * surrogate pair, which UTF-8 would silently replace by another character.
 */
export function isStorableText(text: string): boolean {
  return !nul.test(text) && !loneSurrogate.test(text)
}
