import { Table } from '../../ui/table.tsx'
import { Tag } from '../../ui/tag.tsx'
import type { TableDescription } from './api/table.ts'
import styles from './data.module.css'

/** What columns a table has. */
export function TableColumnsTab({ table }: { readonly table: TableDescription }) {
  return (
    <Table caption="Columns" stacked>
      <thead>
        <tr>
          <th scope="col">Column</th>
          <th scope="col">Type</th>
          <th scope="col">Properties</th>
          <th scope="col">Comment</th>
        </tr>
      </thead>
      <tbody>
        {table.columns.map(({ name, declared, nullable, primary_key, comment }) => (
          <tr key={name}>
            <td data-label="Column" className={styles.name}>
              {name}
            </td>
            <td data-label="Type">
              <span className={styles.mono}>{declared}</span>
            </td>
            <td data-label="Properties">
              <span className={styles.tags}>
                {primary_key && <Tag tone="accent">primary key</Tag>}
                {!nullable && <Tag>not null</Tag>}
              </span>
            </td>
            <td data-label="Comment">{comment}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  )
}
