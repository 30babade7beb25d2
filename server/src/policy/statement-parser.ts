import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import createParserInstance, { type ParserInstance } from 'libpg-query/wasm/libpg-query.js'

/** A node of PostgreSQL's syntax tree, as libpg-query writes it in JSON. */
export type SyntaxNode = { readonly [member: string]: unknown }

/** One statement of a text. Where it stands is counted in bytes of UTF-8. */
export type ParsedStatement = {
  readonly node: string
  readonly body: SyntaxNode
  readonly startByte: number
  /** Absent: it goes on to the end of the text. */
  readonly lengthBytes: number | undefined
}

/** PostgreSQL's own word on a text that is not SQL. The message is about the caller's text alone. */
export class StatementSyntaxError extends Error {
  /** In characters, from 1, as PostgreSQL counts; absent when it is not known. */
  readonly position: number | undefined

  constructor(message: string, position: number | undefined) {
    super(message)
    this.name = 'StatementSyntaxError'
    this.position = position
  }
}

// An exception that crosses the parser's frames (the call stack was too short for a deeply nested
// text) leaves them on the parser's own stack. It survives a few dozen of those, then corrupts its
// memory: it aborts, or never returns. So an instance that has thrown is not used again, and a spare
// one stands by. A new one takes a few milliseconds, as the code is compiled once.
let compiled: Promise<WebAssembly.Module> | undefined
let current: ParserInstance | undefined
let spare: ParserInstance | undefined

/** Resolves when statements can be parsed. Loads the parser once, however often it is called. */
export async function loadStatementParser(): Promise<void> {
  compiled ??= compileParser()
  const code = await compiled
  current ??= await instantiate(code)
  spare ??= await instantiate(code)
}

async function compileParser(): Promise<WebAssembly.Module> {
  const path = createRequire(import.meta.url).resolve('libpg-query/wasm/libpg-query.wasm')
  return new WebAssembly.Module(await readFile(path))
}

function instantiate(code: WebAssembly.Module): Promise<ParserInstance> {
  return createParserInstance({
    instantiateWasm: (imports, receive) => receive(new WebAssembly.Instance(code, imports)),
  })
}

function replaceCurrent(): void {
  current = spare
  spare = undefined
  // If it fails there is no parser, which denies everything; the next statement tries again.
  loadStatementParser().catch(() => {})
}

/**
 * The statements of a text, in order. Throws StatementSyntaxError when PostgreSQL's grammar refuses
 * it, and another error when the parser itself could not cope. The text must be storable: a NUL
 * would end it early.
 */
export function parseStatements(sql: string): ParsedStatement[] {
  if (current === undefined) {
    replaceCurrent()
    throw new Error('The SQL parser is not loaded.')
  }
  let tree: string
  try {
    tree = parseToJson(current, sql)
  } catch (error) {
    if (!(error instanceof StatementSyntaxError)) replaceCurrent()
    throw error
  }
  const { stmts } = JSON.parse(tree) as { stmts?: readonly RawStatement[] }
  return (stmts ?? []).map(readStatement)
}

type RawStatement = {
  readonly stmt?: { readonly [node: string]: SyntaxNode }
  readonly stmt_location?: number
  readonly stmt_len?: number
}

function readStatement(raw: RawStatement): ParsedStatement {
  const [entry] = Object.entries(raw.stmt ?? {})
  if (entry === undefined) throw new Error('The parser returned a statement without a node.')
  return {
    node: entry[0],
    body: entry[1],
    startByte: raw.stmt_location ?? 0,
    lengthBytes: raw.stmt_len,
  }
}

const pointerBytes = 4

function parseToJson(parser: ParserInstance, sql: string): string {
  const sqlBytes = parser.lengthBytesUTF8(sql) + 1
  const sqlPointer = parser._malloc(sqlBytes)
  let result = 0
  try {
    parser.stringToUTF8(sql, sqlPointer, sqlBytes)
    result = parser._wasm_parse_query_raw(sqlPointer)
    const field = (pointer: number, index: number) =>
      parser.getValue(pointer + index * pointerBytes, 'i32')
    const error = field(result, 2)
    if (error !== 0) {
      const position = field(error, 4)
      throw new StatementSyntaxError(
        parser.UTF8ToString(field(error, 0)),
        position > 0 ? position : undefined,
      )
    }
    return parser.UTF8ToString(field(result, 0))
  } finally {
    if (result !== 0) parser._wasm_free_parse_result(result)
    parser._free(sqlPointer)
  }
}
