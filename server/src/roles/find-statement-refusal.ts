import { sqlstateOf } from '../store/database.ts'
import type { Admin } from './admin.ts'

/**
 * What PostgreSQL says against a statement when a role that is to run it has it planned; undefined
 * when it has nothing to say. The statement is one SELECT with numbered parameters; it is not run.
 * Throws when the role cannot log in.
 */
export function findStatementRefusal(
  admin: Admin,
  login: { readonly database: string; readonly role: string; readonly password: string },
  statement: string,
): Promise<string | undefined> {
  return admin.logInAs(login, async (client) => {
    try {
      // Parsed on its own before, so it is one statement and ends where the text ends.
      await client.query(`prepare statement_to_try as ${statement}\n`)
      return undefined
    } catch (error) {
      if (sqlstateOf(error) === undefined) throw error
      return error instanceof Error ? error.message : 'it cannot be planned'
    }
  })
}
