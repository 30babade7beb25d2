import type { RandomBytes } from '../token/base62.ts'

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz'
const roleLength = 16
const databaseLength = 12

/** A name for a new role. It says whose it is, and nothing about the account or the key. */
export function newRoleName(installationId: string, randomBytes: RandomBytes): string {
  return prefixOf(installationId) + randomBase36(roleLength, randomBytes)
}

/** A name for a new database of an account. */
export function newDatabaseName(installationId: string, randomBytes: RandomBytes): string {
  return prefixOf(installationId) + randomBase36(databaseLength, randomBytes)
}

/** True when this installation makes names like that for roles: nobody else's role is ever touched. */
export function isRoleOf(installationId: string, name: string): boolean {
  return isName(installationId, name, roleLength)
}

/** True when this installation makes names like that for databases. */
export function isDatabaseOf(installationId: string, name: string): boolean {
  return isName(installationId, name, databaseLength)
}

/** What all names of this installation begin with. */
export function prefixOf(installationId: string): string {
  return `postern_${installationId}_`
}

function isName(installationId: string, name: string, length: number): boolean {
  const prefix = prefixOf(installationId)
  return (
    name.startsWith(prefix) && new RegExp(`^[0-9a-z]{${length}}$`).test(name.slice(prefix.length))
  )
}

function randomBase36(length: number, randomBytes: RandomBytes): string {
  const limit = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < limit && text.length < length) text += alphabet.charAt(byte % alphabet.length)
    }
  }
  return text
}
