import styles from './skeleton.module.css'

/** Holds the place of lines that are on their way, so that nothing jumps when they come. */
export function Skeleton({
  lines = 3,
  height,
}: {
  readonly lines?: number
  readonly height?: string
}) {
  return (
    <div className={styles.skeleton} role="status">
      <span className="visually-hidden">Loading</span>
      {Array.from({ length: lines }, (_, line) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all the same.
          key={line}
          className={styles.line}
          style={height === undefined ? undefined : { blockSize: height }}
        />
      ))}
    </div>
  )
}
