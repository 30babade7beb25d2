import { Page } from '../../ui/page.tsx'

export function NewApiKeyPage() {
  return <Page title="New API key">{null}</Page>
}
