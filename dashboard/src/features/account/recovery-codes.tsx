import { CodeBlock } from '../../ui/code-block.tsx'
import form from '../../ui/form-layout.module.css'

/** Recovery codes, the one time that they are shown. */
export function RecoveryCodes({ codes }: { readonly codes: readonly string[] }) {
  return (
    <div className={form.form}>
      <p>
        Keep them where you find them without your phone. Each gets you in once in place of a code.
        They are not shown again.
      </p>
      <CodeBlock code={codes.join('\n')} label="recovery codes" />
    </div>
  )
}
