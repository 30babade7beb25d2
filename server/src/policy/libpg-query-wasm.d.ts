/**
 * The part of libpg-query's own module that statement-parser.ts uses. The package's main entry
 * holds one instance for ever; this one makes as many as are asked for.
 */
declare module 'libpg-query/wasm/libpg-query.js' {
  export type ParserInstance = {
    _malloc(bytes: number): number
    _free(pointer: number): void
    /** Returns a pointer to a result: tree, standard error, error; each a pointer. */
    _wasm_parse_query_raw(sql: number): number
    _wasm_free_parse_result(result: number): void
    lengthBytesUTF8(text: string): number
    stringToUTF8(text: string, pointer: number, maxBytes: number): void
    UTF8ToString(pointer: number): string
    getValue(pointer: number, type: 'i32'): number
  }

  const createParserInstance: (options: {
    instantiateWasm(imports: object, receive: (instance: WebAssembly.Instance) => void): void
  }) => Promise<ParserInstance>
  export default createParserInstance
}

/** What of it is used here: the types of Node 20 leave it out. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array)
  }
  class Instance {
    constructor(module: Module, imports: object)
  }
}
