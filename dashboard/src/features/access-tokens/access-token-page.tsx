import { Page } from '../../ui/page.tsx'

export function AccessTokenPage() {
  return <Page title="API access token">{null}</Page>
}
