import { Page } from '../../ui/page.tsx'

export function OAuthClientsPage() {
  return <Page title="OAuth clients">{null}</Page>
}
