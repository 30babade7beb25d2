import { useRef } from 'react'

/**
 * For a dialog's content: when it closes, what had the focus before it opened has it again, as far as it
 * is still there. By itself a dialog knows only a trigger of its own.
 */
export function useFocusReturn() {
  const before = useRef<Element | null>(null)
  return {
    onOpenAutoFocus: () => {
      before.current = document.activeElement
    },
    onCloseAutoFocus: (event: Event) => {
      if (!(before.current instanceof HTMLElement) || !before.current.isConnected) return
      event.preventDefault()
      before.current.focus()
    },
  }
}
