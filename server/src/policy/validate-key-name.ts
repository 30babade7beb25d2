import { isStorableText } from './storable-text.ts'

const reservedNames: readonly string[] = ['Master', 'Default public']
// The unique index on names holds no entry above 2,700 bytes.
const maxNameBytes = 1024

/**
 * What is wrong with the name of a new regular key, as whole messages (`Name can't be blank`) in
 * the order that clients know; empty when the key may have it. Case and spaces are kept. `isTaken`:
 * whether the account has a key of this name.
 */
export function validateKeyName(name: unknown, options: { readonly isTaken: boolean }): string[] {
  if (name === undefined || name === null) return ["Name can't be blank"]
  if (typeof name !== 'string') return ['Name has to be a string']
  if (name.trim() === '') return ["Name can't be blank"]
  if (!isStorableText(name)) return ['Name contains a character that cannot be stored']
  if (Buffer.byteLength(name) > maxNameBytes) {
    return [`Name is too long (maximum is ${maxNameBytes} bytes)`]
  }
  const isReserved = reservedNames.includes(name)
  const messages: string[] = []
  // Every account has keys of the reserved names, so those are always taken as well.
  if (options.isTaken || isReserved) messages.push('Name has already been taken')
  if (isReserved) messages.push('Name api_key name cannot be Master nor Default public')
  return messages
}
