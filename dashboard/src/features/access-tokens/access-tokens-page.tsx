import { Page } from '../../ui/page.tsx'

export function AccessTokensPage() {
  return <Page title="API access tokens">{null}</Page>
}
