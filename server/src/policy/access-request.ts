import type { StatementShape } from './classify-statement.ts'
import type { RelationRef } from './survey-statement.ts'

/** What a principal asks for, as far as deciding needs to know. */
export type AccessRequest =
  | {
      readonly surface: 'sql'
      /** Undefined before the statement has been read: then only the API itself is decided on. */
      readonly statement: StatementShape | undefined
    }
  | {
      readonly surface: 'batch'
      /** Undefined before a statement is to run: then only the API itself is decided on. */
      readonly statement: StatementShape | undefined
    }
  | {
      readonly surface: 'copy'
      /** FROM the client or TO it: each has an address of its own. */
      readonly direction: 'from' | 'to'
      readonly statement: StatementShape
    }
  | { readonly surface: 'maps'; readonly source?: RelationRef }
  | { readonly surface: 'auth'; readonly operation: 'read' | 'write' }
  /** The account's datasets, and who it is. */
  | { readonly surface: 'companions'; readonly operation: 'manage' }
  | { readonly surface: 'companions'; readonly operation: 'identify' }
  | {
      readonly surface: 'companions'
      readonly operation: 'list'
      readonly tableMetadata: boolean
    }
