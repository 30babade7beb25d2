import { Page } from '../../ui/page.tsx'

export function TablePage() {
  return <Page title="Table">{null}</Page>
}
