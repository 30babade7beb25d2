import { Check, Minus } from 'lucide-react'
import { ErrorState } from '../../ui/error-state.tsx'
import { Section } from '../../ui/section.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Table } from '../../ui/table.tsx'
import { Tag } from '../../ui/tag.tsx'
import { type Level, useLevels } from './api/use-levels.ts'
import styles from './levels-section.module.css'

/** What users may do, by their level, as the server judges it. */
export function LevelsSection({ ownLevel }: { readonly ownLevel: Level['level'] }) {
  const { data: levels, error, refetch } = useLevels()
  return (
    <Section title="What each level may do">
      {error !== null && <ErrorState error={error} onRetry={refetch} />}
      {error === null && levels === undefined && <Skeleton lines={10} />}
      {levels !== undefined && <LevelsTable levels={levels} ownLevel={ownLevel} />}
    </Section>
  )
}

function LevelsTable({
  levels,
  ownLevel,
}: {
  readonly levels: readonly Level[]
  readonly ownLevel: Level['level']
}) {
  // Each level has what the ones below it have: the first has everything.
  const all = levels[0]?.scopes ?? []
  return (
    <Table caption="What each level may do">
      <thead>
        <tr>
          <th scope="col">May</th>
          {levels.map(({ level }) => (
            <th key={level} scope="col" className={styles.level}>
              {level} {level === ownLevel && <Tag>you</Tag>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {all.map(({ scope, meaning }) => (
          <tr key={scope}>
            <td>{meaning}</td>
            {levels.map(({ level, scopes }) => (
              <td key={level} className={styles.level}>
                <May isAllowed={scopes.some((one) => one.scope === scope)} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </Table>
  )
}

function May({ isAllowed }: { readonly isAllowed: boolean }) {
  const Icon = isAllowed ? Check : Minus
  return (
    <>
      <Icon className={isAllowed ? styles.yes : styles.no} aria-hidden="true" />
      <span className="visually-hidden">{isAllowed ? 'yes' : 'no'}</span>
    </>
  )
}
