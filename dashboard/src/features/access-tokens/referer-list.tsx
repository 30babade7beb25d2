import { Tag } from '../../ui/tag.tsx'
import { readReferer, splitReferers } from './read-referer.ts'
import styles from './referer-list.module.css'

/** What will be kept of the sites that were written, and why where it differs: told as somebody writes. */
export function RefererList({ text }: { readonly text: string }) {
  const sites = splitReferers(text).map(readReferer)
  return (
    <div aria-live="polite">
      {sites.length > 0 && (
        <ul className={styles.list} aria-label="What will be kept">
          {sites.map((site, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the same site can be written twice.
            <li key={index} className={styles.site}>
              {site.ok ? (
                <>
                  <span>
                    <Tag tone="success">kept</Tag> <code>{site.stored}</code>
                  </span>
                  {site.note !== undefined && <span className={styles.note}>{site.note}</span>}
                </>
              ) : (
                <>
                  <span>
                    <Tag tone="danger">refused</Tag> <code>{site.written}</code>
                  </span>
                  <span className={styles.note}>{site.problem}</span>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
