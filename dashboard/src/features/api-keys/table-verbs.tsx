import { Check } from 'lucide-react'
import { Table } from '../../ui/table.tsx'
import { Tag } from '../../ui/tag.tsx'
import { type FormTable, type KeyForm, type KeyVerb, tickedOf } from './key-form.ts'
import styles from './table-verbs.module.css'

const verbLabels: Readonly<Record<KeyVerb, string>> = {
  select: 'Select',
  insert: 'Insert',
  update: 'Update',
  delete: 'Delete',
}

type ShownTable = FormTable & { readonly type: string; readonly is_public: boolean }

/** Tables with a box for each thing that may be done to them; read only without `onTick`. */
export function TableVerbs({
  tables,
  verbs,
  tickedIn,
  onTick,
}: {
  readonly tables: readonly ShownTable[]
  readonly verbs: readonly KeyVerb[]
  readonly tickedIn: Pick<KeyForm, 'tables'>
  readonly onTick?: (table: FormTable, verb: KeyVerb, isTicked: boolean) => void
}) {
  return (
    <div className={styles.table}>
      <Table caption="What the key may do to each table">
        <thead>
          <tr>
            <th scope="col">Table</th>
            {verbs.map((verb) => (
              <th key={verb} scope="col">
                {verbLabels[verb]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tables.map((table) => (
            <tr key={JSON.stringify([table.schema, table.name])}>
              <th scope="row" className={styles.name}>
                <div className={styles.nameAndTags}>
                  <span>{fullName(table)}</span>
                  {table.type !== 'table' && <Tag>{table.type}</Tag>}
                  {table.is_public && <Tag tone="info">public</Tag>}
                </div>
              </th>
              {verbs.map((verb) => (
                <td key={verb}>
                  {onTick === undefined ? (
                    <Answer isYes={tickedOf(tickedIn, table).includes(verb)} />
                  ) : (
                    <input
                      type="checkbox"
                      className={styles.box}
                      aria-label={`${verbLabels[verb]} on ${fullName(table)}`}
                      checked={tickedOf(tickedIn, table).includes(verb)}
                      disabled={!table.permissions.includes(verb)}
                      onChange={(event) => onTick(table, verb, event.target.checked)}
                    />
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
    </div>
  )
}

function Answer({ isYes }: { readonly isYes: boolean }) {
  return isYes ? (
    <>
      <Check className={styles.yes} aria-hidden="true" />
      <span className="visually-hidden">Yes</span>
    </>
  ) : (
    <span className={styles.no}>
      <span aria-hidden="true">–</span>
      <span className="visually-hidden">No</span>
    </span>
  )
}

function fullName({ schema, name }: FormTable): string {
  return schema === 'public' ? name : `${schema}.${name}`
}
