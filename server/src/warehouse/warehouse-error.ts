import type { WireNotice } from './wire-reader.ts'

/** What PostgreSQL answered to a statement that it refused or could not finish. */
export class WarehouseError extends Error {
  readonly notice: WireNotice

  constructor(notice: WireNotice) {
    super(notice.message)
    this.name = 'WarehouseError'
    this.notice = notice
  }

  get sqlstate(): string {
    return this.notice.sqlstate
  }
}

/** The session ended before its statement did: the server went away, or the session was ended. */
export class SessionLostError extends Error {
  constructor(cause?: unknown) {
    super('The database session ended.', { cause })
    this.name = 'SessionLostError'
  }
}
