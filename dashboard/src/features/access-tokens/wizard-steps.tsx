import { Check, CircleAlert } from 'lucide-react'
import { classNames } from '../../ui/class-names.ts'
import styles from './wizard-steps.module.css'

/** The steps of something that is made in several, and which one this is. */
export function WizardSteps<Id extends string>({
  steps,
  current,
  onChange,
}: {
  readonly steps: readonly { readonly id: Id; readonly title: string; readonly isWrong: boolean }[]
  readonly current: Id
  readonly onChange: (id: Id) => void
}) {
  const at = steps.findIndex(({ id }) => id === current)
  return (
    <nav aria-label="Steps">
      <ol className={styles.steps}>
        {steps.map(({ id, title, isWrong }, index) => (
          <li key={id} className={styles.item}>
            <button
              type="button"
              className={classNames(styles.step, id === current && styles.current)}
              aria-current={id === current ? 'step' : undefined}
              onClick={() => onChange(id)}
            >
              <span className={classNames(styles.mark, isWrong && styles.wrong)} aria-hidden="true">
                {isWrong ? <CircleAlert /> : index < at ? <Check /> : index + 1}
              </span>
              {title}
              {isWrong && <span className="visually-hidden"> (something is missing)</span>}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  )
}
