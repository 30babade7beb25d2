import { auditActorKinds } from '../../credential/audit-actor.ts'
import { AccessError } from '../../errors.ts'
import { isStorableText } from '../../policy/storable-text.ts'
import { type AuditAction, auditActions } from '../../store/audit-actions.ts'
import type { AuditFilter, AuditPlace } from '../../store/audit-events.ts'
import { findTime } from '../usage/read-stretch.ts'
import { findText, type Parameters } from '../v3/read-parameters.ts'
import { defaultPageSize, maxPageSize } from './bounds.ts'

export const filterParameters = ['from', 'to', 'action', 'actor_kind', 'actor', 'target'] as const

const maxTextLength = 1_024

/** Reads which events are asked for. Throws invalid_parameter. */
export function readAuditFilter(parameters: Parameters): AuditFilter {
  const from = findTime(parameters, 'from')
  const to = findTime(parameters, 'to')
  const actions = readActions(findText(parameters, 'action'))
  const actorKind = readActorKind(findText(parameters, 'actor_kind'))
  const actor = readName(parameters, 'actor')
  const target = readName(parameters, 'target')
  return {
    ...(from !== undefined && { from: new Date(from) }),
    ...(to !== undefined && { to: new Date(to) }),
    ...(actions !== undefined && { actions }),
    ...(actorKind !== undefined && { actorKind }),
    ...(actor !== undefined && { actor }),
    ...(target !== undefined && { target }),
  }
}

/** Reads `limit` and `cursor`. Throws invalid_parameter. */
export function readAuditPage(parameters: Parameters): {
  readonly limit: number
  readonly after: AuditPlace | undefined
} {
  const limit = findText(parameters, 'limit') ?? String(defaultPageSize)
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > maxPageSize) {
    throw invalid(`The parameter "limit" must be a whole number from 1 to ${maxPageSize}.`)
  }
  const cursor = findText(parameters, 'cursor')
  return { limit: Number(limit), after: cursor === undefined ? undefined : parseCursor(cursor) }
}

/** The place of an event, for whoever asks for those after it. */
export function formatCursor({ at, id }: AuditPlace): string {
  return `${at.getTime()}.${id}`
}

function parseCursor(cursor: string): AuditPlace {
  const [, ms, id] = /^(\d{1,14})\.([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/.exec(cursor) ?? []
  if (ms === undefined || id === undefined) {
    throw invalid('The parameter "cursor" must be the next_cursor of the page before.')
  }
  return { at: new Date(Number(ms)), id }
}

/** Each is an action, or what actions are done to. */
function readActions(text: string | undefined): AuditAction[] | undefined {
  if (text === undefined) return undefined
  return text.split(',').flatMap((word) => {
    const wanted = word.trim()
    const actions = auditActions.filter(
      (action) => action === wanted || action.startsWith(`${wanted}.`),
    )
    if (actions.length > 0) return actions
    throw invalid(`The parameter "action" names no action: ${wanted.slice(0, 100)}.`)
  })
}

function readActorKind(text: string | undefined): AuditFilter['actorKind'] {
  const kind = auditActorKinds.find((candidate) => candidate === text)
  if (text === undefined || kind !== undefined) return kind
  throw invalid(`The parameter "actor_kind" must be one of ${auditActorKinds.join(', ')}.`)
}

function readName(parameters: Parameters, name: string): string | undefined {
  const text = findText(parameters, name)
  if (text === undefined || (text.length <= maxTextLength && isStorableText(text))) return text
  throw invalid(`The parameter "${name}" is no name or id.`)
}

function invalid(message: string): AccessError {
  return new AccessError('invalid_parameter', { message })
}
