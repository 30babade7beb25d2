import { useEffect, useRef, useState } from 'react'
import type { ControlProps } from './field.tsx'
import { Skeleton } from './skeleton.tsx'
import styles from './sql-editor.module.css'
import type { SqlEditorView, SqlNames } from './sql-editor-view.ts'

const noNames: SqlNames = {}

/**
 * Where SQL is written, coloured as PostgreSQL's. What it is made of is fetched when the first one is
 * shown. Control or Command and Enter is what `onRun` does.
 */
export function SqlEditor({
  value,
  onChange,
  onRun,
  label,
  placeholder = 'select ...',
  names = noNames,
  errorPosition,
  control,
}: {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly onRun?: () => void
  readonly label: string
  readonly placeholder?: string
  /** Tables and their columns, to be offered. */
  readonly names?: SqlNames
  /** What is wrong is here: in characters from 1. */
  readonly errorPosition?: number | undefined
  /** Of the field that it stands in. */
  readonly control?: Partial<ControlProps>
}) {
  const place = useRef<HTMLDivElement>(null)
  const [view, setView] = useState<SqlEditorView>()
  const told = useRef({ value, onChange, onRun, names })
  told.current = { value, onChange, onRun, names }
  const attributes: Record<string, string> = { 'aria-label': label, spellcheck: 'false' }
  for (const [name, given] of Object.entries(control ?? {})) {
    if (given !== undefined) attributes[name] = String(given)
  }
  const written = JSON.stringify(attributes)
  const first = useRef({ written, placeholder })

  useEffect(() => {
    let isGone = false
    let made: SqlEditorView | undefined
    void import('./sql-editor-view.ts').then(({ createSqlEditorView }) => {
      if (isGone || place.current === null) return
      made = createSqlEditorView(place.current, {
        text: told.current.value,
        nonce: document.querySelector('meta[name="csp-nonce"]')?.getAttribute('content') ?? '',
        placeholder: first.current.placeholder,
        names: told.current.names,
        attributes: JSON.parse(first.current.written) as Record<string, string>,
        onChange: (text) => told.current.onChange(text),
        onRun: () => told.current.onRun?.(),
      })
      setView(made)
    })
    return () => {
      isGone = true
      made?.destroy()
    }
  }, [])
  useEffect(() => view?.setText(value), [view, value])
  useEffect(() => view?.setNames(names), [view, names])
  useEffect(() => view?.setAttributes(JSON.parse(written)), [view, written])
  useEffect(() => view?.markPlace(errorPosition), [view, errorPosition])

  return (
    <div className={styles.editor}>
      {view === undefined && <Skeleton lines={1} height="9rem" />}
      <div ref={place} />
    </div>
  )
}
