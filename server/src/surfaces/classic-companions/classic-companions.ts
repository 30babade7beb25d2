import type { Surface } from '../surface.ts'
import { tables } from './tables.ts'
import { users } from './users.ts'
import { visualizations } from './visualizations.ts'

/** What clients of the classic platform ask for beside SQL and maps: datasets, tables, users. */
export const classicCompanions: Surface = (server, context) => {
  visualizations(server, context)
  tables(server, context)
  users(server, context)
}
