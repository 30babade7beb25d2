import styles from './source-text.module.css'

/** A source as it was granted; a long query shows its beginning and scrolls. */
export function SourceText({ source }: { readonly source: string }) {
  return <code className={styles.source}>{source}</code>
}
