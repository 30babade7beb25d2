import type { Admin } from './admin.ts'

/** How much of its room an account uses. */
export type AccountUsage = {
  /** 0: as much as there is. */
  readonly quotaBytes: number
  readonly usedBytes: number
}

/** Reads the account's quota and how much of it its tables take. */
export async function readAccountUsage(admin: Admin, database: string): Promise<AccountUsage> {
  const { rows } = await admin.on(database).query<AccountUsage>({
    name: 'read-account-usage',
    text: `select cartodb._cdb_userquotainbytes()::float8 as "quotaBytes",
       cartodb.cdb_userdatasize()::float8 as "usedBytes"`,
  })
  return rows[0] ?? { quotaBytes: 0, usedBytes: 0 }
}
