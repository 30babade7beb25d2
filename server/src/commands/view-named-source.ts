import type { NamedSource } from '../store/named-sources.ts'

/** A named source in the words of the v3 API. */
export type NamedSourceView = {
  readonly id: string
  readonly name: string
  readonly connection_id: string
  readonly connection_name: string
  readonly source: string
  readonly description: string | null
  readonly user_id: string | null
  readonly account_id: string
  readonly created_at: string
  readonly updated_at: string
}

export function viewNamedSource(source: NamedSource): NamedSourceView {
  return {
    id: source.id,
    name: source.name,
    connection_id: source.connectionId,
    connection_name: source.connectionName,
    source: source.statement,
    description: source.description,
    user_id: source.userId,
    account_id: source.accountId,
    created_at: source.createdAt.toISOString(),
    updated_at: source.updatedAt.toISOString(),
  }
}
