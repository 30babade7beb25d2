import type { Relation } from '../../warehouse/describe-relation.ts'

/** A column in the words of the v3 API. */
export type SchemaColumn = { readonly name: string; readonly type: string }

/** The columns of a relation with the v3 API's normalised types. */
export function schemaOf(relation: Relation): SchemaColumn[] {
  return relation.columns.map(({ name, type, category }) => ({
    name,
    type: normalisedType(type, category),
  }))
}

function normalisedType(type: string, category: string): string {
  if (type === 'geometry' || type === 'geography') return 'geometry'
  if (type === 'bool') return 'boolean'
  if (type === 'json' || type === 'jsonb') return 'object'
  if (['date', 'timestamp', 'timestamptz'].includes(type)) return 'timestamp'
  // N: numeric types, S: string types.
  if (category === 'N') return 'number'
  if (category === 'S' || type === 'uuid') return 'string'
  return 'unknown'
}
