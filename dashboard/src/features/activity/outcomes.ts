import type { Activity } from './api/activity.ts'

/** What became of requests, from the foot of a bar to its top. Each has a colour and a pattern of its own. */
export const outcomes = [
  { id: 'answered', title: 'Answered' },
  { id: 'errors', title: 'Errors' },
  { id: 'denials', title: 'Denials' },
] as const

export type Outcome = (typeof outcomes)[number]['id']

type Counts = Pick<Activity['totals'], 'requests' | 'errors' | 'denials'>

/** Errors and denials are among the requests that the server counts; the rest was answered. */
export function countsOf({ requests, errors, denials }: Counts): Readonly<Record<Outcome, number>> {
  return { answered: Math.max(0, requests - errors - denials), errors, denials }
}
