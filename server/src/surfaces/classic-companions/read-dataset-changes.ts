import type { DatasetChanges } from '../../commands/change-datasets.ts'
import { AccessError } from '../../errors.ts'
import { isStorableText } from '../../policy/storable-text.ts'

/**
 * Reads what a PUT wants to be different. Clients post the whole object back as they got it: members
 * that cannot be changed are not looked at. Throws invalid_dataset.
 */
export function readDatasetChanges(body: unknown): DatasetChanges {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new AccessError('malformed_body', { message: 'The request body is not a JSON object.' })
  }
  const members = body as Readonly<Record<string, unknown>>
  const { name, privacy, tags, locked } = members
  return {
    ...(name !== undefined && { name: mustBeText('name', name) }),
    ...(privacy !== undefined && { privacy: mustBePrivacy(privacy) }),
    ...textOrNull(members, 'description'),
    ...textOrNull(members, 'title'),
    ...textOrNull(members, 'license'),
    ...textOrNull(members, 'attributions'),
    ...(tags !== undefined && { tags: mustBeTags(tags) }),
    ...(locked !== undefined && { locked: mustBeBoolean('locked', locked) }),
  }
}

function textOrNull<Name extends string>(
  members: Readonly<Record<string, unknown>>,
  name: Name,
): { [name in Name]?: string | null } {
  const value = members[name]
  if (value === undefined) return {}
  const text = value === null ? null : mustBeText(name, value)
  return { [name]: text } as { [name in Name]?: string | null }
}

function mustBeText(name: string, value: unknown): string {
  if (typeof value === 'string' && isStorableText(value)) return value
  throw invalid(name, 'must be a text')
}

function mustBePrivacy(value: unknown): 'PUBLIC' | 'LINK' | 'PRIVATE' {
  const privacy = typeof value === 'string' ? value.toUpperCase() : ''
  if (privacy === 'PUBLIC' || privacy === 'LINK' || privacy === 'PRIVATE') return privacy
  throw invalid('privacy', 'must be PUBLIC, LINK or PRIVATE')
}

function mustBeTags(value: unknown): string[] {
  // Without any, some clients send null.
  if (value === null) return []
  if (!Array.isArray(value)) throw invalid('tags', 'must be a list of texts')
  return value.map((tag) => mustBeText('tags', tag))
}

function mustBeBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw invalid(name, 'must be true or false')
}

function invalid(name: string, what: string): AccessError {
  const subject = name.charAt(0).toUpperCase() + name.slice(1)
  return new AccessError('invalid_dataset', { message: `Validation failed: ${subject} ${what}` })
}
