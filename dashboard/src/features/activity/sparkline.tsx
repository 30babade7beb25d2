import styles from './sparkline.module.css'

const width = 120
const height = 24

/** The shape of a series, beside the numbers that say the same. */
export function Sparkline({ series }: { readonly series: readonly number[] }) {
  const max = Math.max(1, ...series)
  const step = width / Math.max(1, series.length)
  const bars = series
    .map((count, index) => {
      const bar = count === 0 ? 0 : Math.max(1.5, (count / max) * height)
      return `M${(index + 0.5) * step} ${height}v-${bar}`
    })
    .join('')
  return (
    <svg
      className={styles.sparkline}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path d={`M0 ${height - 0.5}h${width}`} className={styles.foot} />
      <path d={bars} strokeWidth={Math.max(0.6, step * 0.75)} className={styles.bars} />
    </svg>
  )
}
