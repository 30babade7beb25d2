import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button } from './button.tsx'
import { IconButton } from './icon-button.tsx'
import { useToast } from './toast.tsx'

const shownMs = 2_500

/**
 * Puts a text into the clipboard. It says that it is copied only after that worked; where the browser
 * does not let it, it says what to do instead. `text` may have to be fetched first.
 */
export function CopyButton({
  text,
  label,
  iconOnly = false,
}: {
  readonly text: string | (() => Promise<string>)
  /** What is copied, as in "Copy token". */
  readonly label: string
  readonly iconOnly?: boolean
}) {
  const [isCopied, setCopied] = useState(false)
  const toast = useToast()
  useEffect(() => {
    if (!isCopied) return
    const timer = setTimeout(() => setCopied(false), shownMs)
    return () => clearTimeout(timer)
  }, [isCopied])
  const copy = async () => {
    let copied: string
    try {
      copied = typeof text === 'string' ? text : await text()
    } catch (error) {
      toast({ tone: 'danger', text: error instanceof Error ? error.message : String(error) })
      return
    }
    try {
      await navigator.clipboard.writeText(copied)
      setCopied(true)
    } catch {
      toast({
        tone: 'danger',
        text: 'The browser did not let the page copy. Reveal the text, select it and copy it by hand.',
      })
    }
  }
  const icon = isCopied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />
  return (
    <>
      {iconOnly ? (
        <IconButton label={isCopied ? 'Copied' : label} onClick={copy}>
          {icon}
        </IconButton>
      ) : (
        <Button size="small" onClick={copy}>
          {icon}
          {isCopied ? 'Copied' : label}
        </Button>
      )}
      <span className="visually-hidden" aria-live="polite">
        {isCopied ? 'Copied' : ''}
      </span>
    </>
  )
}
