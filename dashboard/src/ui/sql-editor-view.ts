import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { PostgreSQL, sql } from '@codemirror/lang-sql'
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { Compartment, EditorState, StateEffect, StateField } from '@codemirror/state'
import { Decoration, type DecorationSet, EditorView, keymap, placeholder } from '@codemirror/view'
import { tags } from '@lezer/highlight'

/** Names that are offered while somebody writes: tables, and the columns of each. */
export type SqlNames = Readonly<Record<string, readonly string[]>>

export type SqlEditorView = {
  /** Puts another text in the place of what is written. */
  setText(text: string): void
  setNames(names: SqlNames): void
  /** Underlines the word at a place, in characters from 1; undefined: nothing. */
  markPlace(position: number | undefined): void
  setAttributes(attributes: Record<string, string>): void
  focus(): void
  destroy(): void
}

const setMark = StateEffect.define<number | undefined>()

/** The place that is marked; it goes when something is written. */
const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(shown, transaction) {
    const effect = transaction.effects.find((one) => one.is(setMark))
    if (effect === undefined) return transaction.docChanged ? Decoration.none : shown
    if (effect.value === undefined) return Decoration.none
    const text = transaction.state.doc.toString()
    const from = Math.min([...text].slice(0, effect.value - 1).join('').length, text.length)
    const word = /^(\w+|\S|$)/.exec(text.slice(from))?.[0] ?? ''
    const start = word === '' ? Math.max(0, from - 1) : from
    const end = Math.min(text.length, start + Math.max(1, word.length))
    return start === end
      ? Decoration.none
      : Decoration.set(Decoration.mark({ class: 'cm-wrong' }).range(start, end))
  },
  provide: (field) => EditorView.decorations.from(field),
})

const looks = EditorView.theme({
  '&': {
    border: '1px solid var(--line-strong)',
    borderRadius: 'var(--radius)',
    background: 'var(--surface)',
    color: 'var(--text)',
    fontSize: 'var(--text-small)',
  },
  '&.cm-focused': { outline: '3px solid var(--focus)', outlineOffset: '2px' },
  '.cm-scroller': {
    fontFamily: 'var(--font-mono)',
    lineHeight: '1.55',
    minHeight: '9rem',
    maxHeight: '24rem',
  },
  '.cm-content': { padding: 'var(--space-3)', caretColor: 'var(--text)' },
  '.cm-line': { padding: '0' },
  '.cm-placeholder': { color: 'var(--text-muted)' },
  '.cm-cursor': { borderInlineStartColor: 'var(--text)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, ::selection':
    { background: 'var(--accent-soft)' },
  '.cm-matchingBracket': { background: 'var(--accent-soft)' },
  '.cm-wrong': { textDecoration: 'underline wavy var(--danger)', textUnderlineOffset: '0.2em' },
  '.cm-tooltip': {
    border: '1px solid var(--line)',
    borderRadius: 'var(--radius-small)',
    background: 'var(--surface)',
    color: 'var(--text)',
    boxShadow: 'var(--shadow)',
  },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    background: 'var(--accent-soft)',
    color: 'var(--text)',
  },
})

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--accent)', fontWeight: '600' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--warning)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--info)' },
  { tag: [tags.lineComment, tags.blockComment], color: 'var(--text-muted)', fontStyle: 'italic' },
])

const language = (names: SqlNames) =>
  sql({
    dialect: PostgreSQL,
    schema: names as Record<string, readonly string[]>,
    upperCaseKeywords: false,
  })

/**
 * An editor for SQL in an element of the page. Tab leaves it as it leaves any field, so that nobody who
 * has only a keyboard is held in it.
 */
export function createSqlEditorView(
  parent: HTMLElement,
  options: {
    readonly text: string
    readonly nonce: string
    readonly placeholder: string
    readonly names: SqlNames
    readonly attributes: Record<string, string>
    readonly onChange: (text: string) => void
    /** Control or Command and Enter. */
    readonly onRun: () => void
  },
): SqlEditorView {
  const names = new Compartment()
  const attributes = new Compartment()
  let isOurs = false
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        EditorView.cspNonce.of(options.nonce),
        history(),
        bracketMatching(),
        closeBrackets(),
        autocompletion({ icons: false }),
        names.of(language(options.names)),
        syntaxHighlighting(colours),
        looks,
        marks,
        placeholder(options.placeholder),
        EditorView.lineWrapping,
        attributes.of(EditorView.contentAttributes.of(options.attributes)),
        keymap.of([
          {
            key: 'Mod-Enter',
            run: () => {
              options.onRun()
              return true
            },
          },
          ...closeBracketsKeymap,
          ...completionKeymap,
          ...historyKeymap,
          ...defaultKeymap,
        ]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !isOurs) options.onChange(update.state.doc.toString())
        }),
      ],
    }),
  })
  return {
    setText(text) {
      if (text === view.state.doc.toString()) return
      isOurs = true
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } })
      isOurs = false
    },
    setNames: (known) => view.dispatch({ effects: names.reconfigure(language(known)) }),
    markPlace: (position) => view.dispatch({ effects: setMark.of(position) }),
    setAttributes: (given) =>
      view.dispatch({ effects: attributes.reconfigure(EditorView.contentAttributes.of(given)) }),
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  }
}
