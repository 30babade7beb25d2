import { listQuotedSpans } from './quoted-spans.ts'

/** A statement whose parameters are all `$n`, as PostgreSQL wants them. */
export type NumberedStatement = {
  readonly text: string
  /** Where they were written `@name`: the name of `$1`, of `$2` and so on. */
  readonly names: readonly string[]
  /** The highest `n` that was written as such. */
  readonly highest: number
  /** What is written otherwise in `text`: from where to where it stood, and how long it is now. */
  readonly replaced: readonly {
    readonly start: number
    readonly end: number
    readonly length: number
  }[]
}

const operatorCharacters = new Set('+-*/<>=~!@#%^&|`?')
/**
 * What may stand right in front of a parameter's `@`. PostgreSQL takes all operator characters in a
 * row for one operator, so `=@x` means nothing to it, while `<@`, `@@` and `^@` are operators.
 */
const gluedOperators = new Set(['', ...'= <> != > >= <= + - * / % ||'.split(' ')])
const nameStart = /[A-Za-z_\u0080-\uffff]/
const digits = /^\d+/
/** `b'101'`, `x'1F'` and `n'text'` are constants, not names. */
const constantStart = /^[bnx]$/i

/**
 * Writes every `@name` of a statement as `$n`, the same name always as the same number; what is
 * quoted or commented stays as it is. Whether an `@` begins a parameter is a matter of the statement
 * alone: it does when a bare name follows at once. PostgreSQL's operator of that name has to be
 * written with a blank behind it.
 */
export function numberParameters(statement: string): NumberedStatement {
  if (!/[@$]/.test(statement)) {
    return { text: statement, names: [], highest: 0, replaced: [] }
  }
  const numbers = new Map<string, number>()
  const replaced: NumberedStatement['replaced'][number][] = []
  let highest = 0
  let text = ''
  let copiedUpTo = 0
  let start = 0
  let operator = ''
  let mark: '@' | '$' | undefined
  for (const { quoting, end } of listQuotedSpans(statement)) {
    const piece = quoting === 'none' ? statement.slice(start, end) : ''
    const isName =
      nameStart.test(piece.charAt(0)) && !(statement[end] === "'" && constantStart.test(piece))
    if (mark === '@' && isName) {
      const number = numbers.get(piece) ?? numbers.size + 1
      numbers.set(piece, number)
      // With a blank: behind a name it would become a part of that.
      const parameter = ` $${number}`
      text += statement.slice(copiedUpTo, start - 1) + parameter
      replaced.push({ start: start - 1, end, length: parameter.length })
      copiedUpTo = end
    } else if (mark === '$') {
      highest = Math.max(highest, Number(digits.exec(piece)?.[0] ?? 0))
    }
    mark = piece === '$' || (piece === '@' && gluedOperators.has(operator)) ? piece : undefined
    // None of those that count is longer than two characters: a long run is not collected.
    operator = operatorCharacters.has(piece) ? (operator + piece).slice(0, 3) : ''
    start = end
  }
  const names = [...numbers.keys()]
  return { text: text + statement.slice(copiedUpTo), names, highest, replaced }
}
