import { Plus, Trash2 } from 'lucide-react'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Fieldset } from '../../ui/fieldset.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Table } from '../../ui/table.tsx'
import { Tag } from '../../ui/tag.tsx'
import { AddSourceDialog } from './add-source-dialog.tsx'
import { useNamedSources } from './api/list-named-sources.ts'
import type { DraftStepProps } from './draft-step-props.ts'
import { sourceKindOf, sourceKindTitles } from './source-kind.ts'
import { SourceText } from './source-text.tsx'
import { hasDestinations, needsSource } from './token-apis.ts'
import { addGrant } from './token-draft.ts'

/** What the token opens, connection by connection. */
export function SourcesStep({ draft, onChange, problemOf }: DraftStepProps) {
  const names = (useNamedSources().data ?? []).map(({ name }) => name)
  const isImport = hasDestinations(draft.apis)
  const add = (
    <AddSourceDialog
      apis={draft.apis}
      onAdd={(grants) => onChange(grants.reduce(addGrant, draft))}
      trigger={
        <Button>
          <Plus aria-hidden="true" />
          {isImport ? 'Add a destination' : 'Add a source'}
        </Button>
      }
    />
  )
  if (draft.apis.length > 0 && !needsSource(draft.apis) && draft.grants.length === 0) {
    return (
      <Notice title="No source is needed">
        <p>The LDS API works without one. There is nothing to choose here.</p>
      </Notice>
    )
  }
  return (
    <Fieldset
      legend={<span className="visually-hidden">{isImport ? 'Destinations' : 'Sources'}</span>}
      hint={
        isImport
          ? 'The tables that this token may import into. They need not exist yet.'
          : 'The only data that this token opens. Each source is on one connection.'
      }
      error={problemOf('grants')}
    >
      {draft.grants.length === 0 ? (
        <EmptyState title="Nothing is open yet" action={add}>
          Choose tables and tilesets, write a query, or open all of a connection.
        </EmptyState>
      ) : (
        <>
          <Table caption="Sources of the token" stacked>
            <thead>
              <tr>
                <th scope="col">Source</th>
                <th scope="col">Kind</th>
                <th scope="col">Connection</th>
                <th scope="col">
                  <span className="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {draft.grants.map((grant) => (
                <tr key={`${grant.connection} ${grant.source}`}>
                  <td data-label="Source">
                    <SourceText source={grant.source} />
                  </td>
                  <td data-label="Kind">
                    <Tag>{sourceKindTitles[sourceKindOf(grant.source, names)]}</Tag>
                  </td>
                  <td data-label="Connection">{grant.connection}</td>
                  <td data-label="">
                    <IconButton
                      label={`Remove ${grant.source}`}
                      onClick={() =>
                        onChange({
                          ...draft,
                          grants: draft.grants.filter((one) => one !== grant),
                        })
                      }
                    >
                      <Trash2 aria-hidden="true" />
                    </IconButton>
                  </td>
                </tr>
              ))}
            </tbody>
          </Table>
          <div>{add}</div>
        </>
      )}
    </Fieldset>
  )
}
