import { Toast as RadixToast } from 'radix-ui'
import { createContext, type ReactNode, useCallback, useContext, useState } from 'react'
import { classNames } from './class-names.ts'
import styles from './toast.module.css'

type Message = { readonly text: string; readonly tone?: 'success' | 'danger' }

const ToastContext = createContext<(message: Message) => void>(() => {})

/** Says something that passes: what has worked, or what has not, when no place on the page is for it. */
export function useToast(): (message: Message) => void {
  return useContext(ToastContext)
}

/** Where passing messages are shown. */
export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const [messages, setMessages] = useState<readonly (Message & { readonly id: number })[]>([])
  const show = useCallback((message: Message) => {
    setMessages((before) => [...before.slice(-2), { ...message, id: (before.at(-1)?.id ?? 0) + 1 }])
  }, [])
  const drop = (id: number) => setMessages((before) => before.filter((one) => one.id !== id))
  return (
    <ToastContext value={show}>
      <RadixToast.Provider duration={6_000} label="Message">
        {children}
        {messages.map(({ id, text, tone = 'success' }) => (
          <RadixToast.Root
            key={id}
            className={classNames(styles.toast, styles[tone])}
            type={tone === 'danger' ? 'foreground' : 'background'}
            onOpenChange={(open) => {
              if (!open) drop(id)
            }}
          >
            <RadixToast.Description>{text}</RadixToast.Description>
          </RadixToast.Root>
        ))}
        <RadixToast.Viewport className={styles.viewport} />
      </RadixToast.Provider>
    </ToastContext>
  )
}
