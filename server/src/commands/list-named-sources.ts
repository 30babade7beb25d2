import type { Manager } from '../credential/manager.ts'
import { isStorableText } from '../policy/storable-text.ts'
import {
  findNamedSource,
  listNamedSources as listRows,
  type NamedSource,
} from '../store/named-sources.ts'
import type { CommandContext } from './context.ts'
import { namedSourceNotFound } from './named-source-relations.ts'
import { type NamedSourceView, viewNamedSource } from './view-named-source.ts'

/** A page of the account's named sources whose name or description has `search` in it. */
export async function listNamedSources(
  { store }: CommandContext,
  { accountId }: Pick<Manager, 'accountId'>,
  page: { readonly search: string; readonly limit: number; readonly offset: number },
): Promise<{ total: number; sources: NamedSourceView[] }> {
  if (!isStorableText(page.search)) return { total: 0, sources: [] }
  const { total, sources } = await listRows(store, accountId, page)
  return { total, sources: sources.map(viewNamedSource) }
}

/** Throws named_source_not_found. */
export async function getNamedSource(
  { store }: Pick<CommandContext, 'store'>,
  { accountId }: Pick<Manager, 'accountId'>,
  name: string,
): Promise<NamedSource> {
  const source = isStorableText(name) ? await findNamedSource(store, accountId, name) : undefined
  if (source === undefined) throw namedSourceNotFound()
  return source
}
