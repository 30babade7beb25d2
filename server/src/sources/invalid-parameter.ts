import { AccessError } from '../errors.ts'

/** The refusal of a parameter: its name, and what is wrong with it. */
export function invalidParameter(parameter: string, why: string, cause?: unknown): AccessError {
  return new AccessError('invalid_parameter', {
    message: `The parameter "${parameter}" is not valid: ${why}.`,
    cause,
  })
}

/** The refusal of a name that is no column of the source. */
export function columnNotFound(name: string): AccessError {
  return new AccessError('column_not_found', { facts: { columnName: name } })
}
