import { CodeBlock } from '../../ui/code-block.tsx'
import { Tag } from '../../ui/tag.tsx'
import styles from './data.module.css'

type Finding = {
  readonly severity: 'problem' | 'warning'
  readonly subject: string
  readonly sentence: string
  readonly remedy?: string
}

/** What a server lacks or had better change, each with the SQL that mends it. */
export function Findings({ findings }: { readonly findings: readonly Finding[] }) {
  return (
    <ul className={styles.findings}>
      {findings.map(({ severity, subject, sentence, remedy }) => (
        <li key={`${subject} ${sentence}`} className={styles.finding}>
          <p>
            <Tag tone={severity === 'problem' ? 'danger' : 'warning'}>
              {severity === 'problem' ? 'Problem' : 'Warning'}
            </Tag>{' '}
            <strong>{subject}</strong>
          </p>
          <p>{sentence}</p>
          {remedy !== undefined && <CodeBlock code={remedy} label="SQL that mends it" />}
        </li>
      ))}
    </ul>
  )
}
