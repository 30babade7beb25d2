const names: Readonly<Record<string, { readonly label: string; readonly hint: string }>> = {
  sql: { label: 'SQL', hint: 'Read and change rows with SQL statements.' },
  maps: { label: 'Maps', hint: 'Draw tiles of tables on maps.' },
  batch: { label: 'Batch', hint: 'Leave SQL to run as jobs, for as long as it takes.' },
  do: { label: 'Data Observatory', hint: 'Kept for clients of the classic platform.' },
}

/** What an API is called on pages; its own name where there is no other. */
export function apiLabel(api: string): string {
  return names[api]?.label ?? api
}

/** What an API is for. */
export function apiHint(api: string): string | undefined {
  return names[api]?.hint
}
