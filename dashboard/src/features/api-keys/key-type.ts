import type { ApiKey } from './api/list-api-keys.ts'

const types: Readonly<
  Record<ApiKey['type'], { readonly label: string; readonly meaning: string }>
> = {
  master: {
    label: 'Master',
    meaning: 'Opens everything, also the making of keys. Keep it out of pages and applications.',
  },
  default: {
    label: 'Default public',
    meaning: 'Stands in for requests without a key. It reads what is public.',
  },
  regular: { label: 'Regular', meaning: 'Opens what it was made for.' },
}

export function keyTypeLabel(type: ApiKey['type']): string {
  return types[type].label
}

export function keyTypeMeaning(type: ApiKey['type']): string {
  return types[type].meaning
}
