/** What a place in a text of SQL is inside of. */
export type Quoting =
  | 'none'
  /** `'...'` */
  | 'text'
  /** `E'...'` */
  | 'escape text'
  /** `"..."` */
  | 'name'
  /** `U&'...'` or `U&"..."` */
  | 'unicode'
  /** `$tag$...$tag$` */
  | 'dollar'
  | 'comment'

const blank = /[ \t\f\v]+/y
const newline = /[\n\r]+/y
const lineComment = /--[^\n\r]*/y
const text = /'(?:[^']|'')*(?:'|$)/y
const escapeText = /[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|\\?$)/y
const escapeTextGoingOn = /'(?:[^'\\]|\\[\s\S]|'')*(?:'|\\?$)/y
const name = /"(?:[^"]|"")*(?:"|$)/y
const unicode = /[uU]&(?:'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$))/y
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y
const number = /(?:0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|\d[\d_]*)(?:\.\d*)?(?:[eE][-+]?\d+)?/y
const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y

/** A stretch of a text of SQL, up to but without `end`. Each begins where the one before ends. */
export type QuotedSpan = { readonly quoting: Quoting; readonly end: number }

/**
 * Cuts a text of SQL by what its parts are inside of, by PostgreSQL's lexical rules with
 * `standard_conforming_strings` on. What is never closed goes on to the end.
 */
export function listQuotedSpans(sql: string): QuotedSpan[] {
  const spans: QuotedSpan[] = []
  let at = 0
  /** A text that ends goes on, in its own kind, after a line break: `E'a' <newline> 'b'`. */
  let goesOn: Token['goesOn']
  while (at < sql.length) {
    const token = readToken(sql, at, goesOn)
    at += token.length
    spans.push({ quoting: token.quoting, end: at })
    goesOn = token.goesOn
  }
  return spans
}

type Token = {
  readonly quoting: Quoting
  readonly length: number
  readonly goesOn?: { readonly quoting: Quoting; readonly hasBroken: boolean } | undefined
}

function readToken(sql: string, at: number, goesOn: Token['goesOn']): Token {
  const lengthOf = (pattern: RegExp): number => {
    pattern.lastIndex = at
    return pattern.exec(sql)?.[0].length ?? 0
  }
  const quoted = (quoting: Quoting, length: number): Token => ({
    quoting,
    length,
    goesOn: { quoting, hasBroken: false },
  })
  const ways: readonly (() => Token | false)[] = [
    () => some(lengthOf(blank), (length) => ({ quoting: 'none', length, goesOn })),
    () =>
      some(lengthOf(newline), (length) => ({
        quoting: 'none',
        length,
        goesOn: goesOn && { ...goesOn, hasBroken: true },
      })),
    () => some(lengthOf(lineComment), (length) => ({ quoting: 'comment', length, goesOn })),
    () =>
      goesOn?.hasBroken === true &&
      some(lengthOf(goesOn.quoting === 'escape text' ? escapeTextGoingOn : text), (length) =>
        quoted(goesOn.quoting, length),
      ),
    () => sql.startsWith('/*', at) && { quoting: 'comment', length: blockCommentLength(sql, at) },
    () => some(lengthOf(escapeText), (length) => quoted('escape text', length)),
    () => some(lengthOf(unicode), (length) => quoted('unicode', length)),
    () => some(lengthOf(text), (length) => quoted('text', length)),
    () => some(lengthOf(name), (length) => ({ quoting: 'name', length })),
    () =>
      some(lengthOf(dollarTag), (length) => {
        const tag = sql.slice(at, at + length)
        const end = sql.indexOf(tag, at + length)
        return { quoting: 'dollar', length: (end < 0 ? sql.length : end + length) - at }
      }),
    // A dollar behind it is no part of it, and can be an opening.
    () => some(lengthOf(number), (length) => ({ quoting: 'none', length })),
    // Whole, so that neither its last letter nor a dollar in it is taken for an opening.
    () => some(lengthOf(word), (length) => ({ quoting: 'none', length })),
  ]
  for (const way of ways) {
    const token = way()
    if (token !== false) return token
  }
  return { quoting: 'none', length: 1 }
}

function some(length: number, make: (length: number) => Token): Token | false {
  return length > 0 && make(length)
}

/** Block comments nest. */
function blockCommentLength(sql: string, at: number): number {
  const marks = /\/\*|\*\//g
  marks.lastIndex = at
  let depth = 0
  for (let mark = marks.exec(sql); mark !== null; mark = marks.exec(sql)) {
    depth += mark[0] === '/*' ? 1 : -1
    if (depth === 0) return marks.lastIndex - at
  }
  return sql.length - at
}
