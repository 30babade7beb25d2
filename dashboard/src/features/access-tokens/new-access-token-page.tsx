import { Page } from '../../ui/page.tsx'

export function NewAccessTokenPage() {
  return <Page title="New API access token">{null}</Page>
}
