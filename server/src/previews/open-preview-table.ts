import { AccessError } from '../errors.ts'
import { describeTable } from '../sources/describe-columns.ts'
import type { Source } from '../sources/open-source.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import { findRelation, type Relation } from '../warehouse/describe-relation.ts'
import type { Session } from '../warehouse/session.ts'

/** A table or view that is looked at, as the role of the session sees it. */
export type PreviewTable = { readonly source: Source; readonly relation: Relation | undefined }

/** Looks up the columns that the session's role may read. Throws resource_not_found. */
export async function openPreviewTable(
  session: Session,
  name: { readonly schema: string; readonly name: string },
): Promise<PreviewTable> {
  const described = await describeTable(session, name)
  if (described === undefined) throw new AccessError('resource_not_found')
  const from = `${quoteIdentifier(name.schema)}.${quoteIdentifier(name.name)}`
  return {
    source: { from, values: [], ...described },
    relation: await findRelation(session, name),
  }
}
