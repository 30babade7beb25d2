/** Values that are bound to a statement, in PostgreSQL's text format, and what stands for each. */
export type SqlParameters = {
  readonly values: readonly (string | null)[]
  /** Binds a value; returns its placeholder, cast to a type of pg_catalog. */
  add(value: string | number | null, type: string): string
}

/** Parameters that go on after those that a statement has already: `firstParameter` is 1 for none. */
export function createSqlParameters(firstParameter = 1): SqlParameters {
  const values: (string | null)[] = []
  return {
    values,
    add(value, type) {
      const position = firstParameter - 1 + values.push(value === null ? null : String(value))
      return `$${position}::pg_catalog.${type}`
    },
  }
}
