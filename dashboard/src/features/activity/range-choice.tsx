import { type ActivityRange, rangeNames, ranges } from './activity-range.ts'
import styles from './range-choice.module.css'

/** How far back is looked. */
export function RangeChoice({
  value,
  onChange,
}: {
  readonly value: ActivityRange
  readonly onChange: (range: ActivityRange) => void
}) {
  return (
    <fieldset className={styles.choice}>
      <legend className="visually-hidden">Time range</legend>
      {rangeNames.map((name) => (
        <label key={name} className={styles.option}>
          <input
            type="radio"
            name="range"
            className={styles.input}
            checked={name === value}
            onChange={() => onChange(name)}
          />
          <span className={styles.title}>{ranges[name].title}</span>
        </label>
      ))}
    </fieldset>
  )
}
