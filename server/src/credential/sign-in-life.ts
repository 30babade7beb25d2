/** A sign-in that nobody uses ends after so long; one that is used ends all the same. */
const idleMs = 12 * 60 * 60 * 1_000
const longestMs = 7 * 24 * 60 * 60 * 1_000

/** For so long a user who has confirmed who they are may do what a session alone may not. */
export const confirmedForMs = 10 * 60_000

/** How precisely it is remembered when somebody was there last. */
export const seenEveryMs = 60_000

/** When a sign-in ends, in wall-clock milliseconds, if nobody is there until then. */
export function signInEndsAtMs(signIn: {
  readonly createdAt: Date
  readonly lastSeenAt: Date
}): number {
  return Math.min(signIn.lastSeenAt.getTime() + idleMs, signIn.createdAt.getTime() + longestMs)
}

/** Sign-ins that were last used, or made, before these have ended. */
export function signInsEndedBefore(now: Date): { readonly lastSeen: Date; readonly created: Date } {
  return {
    lastSeen: new Date(now.getTime() - idleMs),
    created: new Date(now.getTime() - longestMs),
  }
}
