import { Page } from '../../ui/page.tsx'

export function TryItPage() {
  return <Page title="Try it">{null}</Page>
}
