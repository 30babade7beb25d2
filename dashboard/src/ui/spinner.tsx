import styles from './spinner.module.css'

/** That something goes on; what it is stands beside it. */
export function Spinner() {
  return <span className={styles.spinner} aria-hidden="true" />
}
