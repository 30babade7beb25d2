import { inTransaction, withRetries } from '../store/database.ts'
import type { GroupRole } from '../store/group-roles.ts'
import { quoteIdentifier, quoteIdentifiers } from '../store/quote-identifier.ts'
import { actingFor, membershipOptions } from './acting-for.ts'
import type { Admin } from './admin.ts'
import { groupOfPattern, type PatternRole, refreshPatternRoles } from './pattern-roles.ts'

/**
 * Brings pattern roles up to date and makes a LOGIN role of an access token a member of them all.
 * Returns the group roles.
 */
export async function joinPatternRoles(
  admin: Admin,
  {
    database,
    ownerRole,
    role,
    patterns,
  }: {
    readonly database: string
    readonly ownerRole: string
    readonly role: string
    readonly patterns: readonly PatternRole[]
  },
): Promise<GroupRole[]> {
  const groups = patterns.map(groupOfPattern)
  if (groups.length === 0) return groups
  await withRetries(() =>
    inTransaction(admin.on(database), (client) =>
      actingFor(admin, client, [ownerRole], async () => {
        await refreshPatternRoles(client, ownerRole, patterns)
        const names = quoteIdentifiers(groups.map((group) => group.role))
        await client.query(`grant ${names} to ${quoteIdentifier(role)}${membershipOptions(admin)}`)
      }),
    ),
  )
  return groups
}
