import { Notice } from '../../ui/notice.tsx'

/** Why a source cannot be added: what the server says against it, or that it could not be asked. */
export function SourceRefusal({
  refusal,
  error,
}: {
  readonly refusal: string | undefined
  readonly error: Error | null
}) {
  const sentence = refusal ?? error?.message
  if (sentence === undefined) return null
  return (
    <Notice tone="danger">
      <p>{sentence}</p>
    </Notice>
  )
}
