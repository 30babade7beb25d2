/**
 * PostgreSQL reads a run of operator characters to its end before it takes what may be one character
 * of it, and then reads the rest of the run again. Without this bound such a text would cost the
 * square of its length, and `/*` sixty thousand times half a minute.
 */
export const maxOperatorRun = 200
const operatorCharacter = '[-+*/<>=~!@#%^&|`?]'
/** Begins only where a run begins, so that looking for it does not cost the square either. */
const tooLongOperatorRun = new RegExp(
  `(?<!${operatorCharacter})${operatorCharacter}{${maxOperatorRun + 1}}`,
)

/** True when a text holds more operator characters in a row than the parser should be given. */
export function hasLongOperatorRun(sql: string): boolean {
  return tooLongOperatorRun.test(sql)
}
