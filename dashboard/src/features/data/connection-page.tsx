import { Page } from '../../ui/page.tsx'

export function ConnectionPage() {
  return <Page title="Connection">{null}</Page>
}
