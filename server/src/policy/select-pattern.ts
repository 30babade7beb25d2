const maxLength = 4_096

/**
 * Words, numbers, operators. Without quotes, backslashes, parameters, comments and semicolons a digit
 * that belongs to no word can only be a number's.
 */
const plainText = /^(?!.*(?:--|\/\*))[\w \t\r\n.,:()[\]*/+<>=!|%-]*$/s
/** No more digits than always fit into an int4: what is longer is another kind of constant. */
const wholeNumber = /(?<![\w.])\d{1,9}(?![\w.])/g
const decimalNumber = /(?<![\w.])\d{1,9}\.\d{1,15}(?![\w.])/g

/**
 * What a text has in common with those that differ from it only in their numbers: applications send
 * the same SELECT again and again, for another row or another part of a map. Undefined where the text
 * is not so plain that this is certain.
 */
export function selectPattern(sql: string): string | undefined {
  if (sql.length > maxLength || !plainText.test(sql)) return undefined
  return sql.replace(wholeNumber, '0').replace(decimalNumber, '0.0')
}
