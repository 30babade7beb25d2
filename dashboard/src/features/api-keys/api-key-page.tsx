import { Page } from '../../ui/page.tsx'

export function ApiKeyPage() {
  return <Page title="API key">{null}</Page>
}
