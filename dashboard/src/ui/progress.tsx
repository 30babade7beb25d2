import styles from './progress.module.css'

/** How far something has come; without a share, that it goes on. */
export function Progress({ label, share }: { readonly label: string; readonly share?: number }) {
  return (
    <div className={styles.progress}>
      <span>{label}</span>
      <progress
        className={styles.bar}
        aria-label={label}
        max={1}
        {...(share !== undefined && { value: share })}
      />
    </div>
  )
}
