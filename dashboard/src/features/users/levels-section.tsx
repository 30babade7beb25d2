import { ErrorState } from '../../ui/error-state.tsx'
import { Section } from '../../ui/section.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Tag } from '../../ui/tag.tsx'
import { type Level, useLevels } from './api/use-levels.ts'
import styles from './levels-section.module.css'

/** What users may do, by their level, as the server judges it: from the one that may least. */
export function LevelsSection({ ownLevel }: { readonly ownLevel: Level['level'] }) {
  const { data: levels, error, refetch } = useLevels()
  return (
    <Section title="What each level may do">
      {error !== null && <ErrorState error={error} onRetry={refetch} />}
      {error === null && levels === undefined && <Skeleton lines={10} />}
      {levels !== undefined && (
        <div className={styles.levels}>
          {[...levels].reverse().map((level, index, ascending) => (
            <LevelRights
              key={level.level}
              level={level}
              below={ascending[index - 1]}
              isOwn={level.level === ownLevel}
            />
          ))}
        </div>
      )}
    </Section>
  )
}

/** What a level may do beyond the one below it. */
function LevelRights({
  level: { level, scopes },
  below,
  isOwn,
}: {
  readonly level: Level
  readonly below: Level | undefined
  readonly isOwn: boolean
}) {
  const added = scopes.filter(({ scope }) => !below?.scopes.some((one) => one.scope === scope))
  return (
    <div>
      <h3 className={styles.name}>
        <span className={styles.level}>{level}</span> {isOwn && <Tag>you</Tag>}
      </h3>
      {below !== undefined && <p className={styles.beside}>All that {below.level}s may, and:</p>}
      <ul className={styles.rights}>
        {added.map(({ scope, meaning }) => (
          <li key={scope}>{meaning}</li>
        ))}
      </ul>
    </div>
  )
}
