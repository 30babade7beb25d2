import type { KeyGrants } from './key-grants.ts'

export type Language = 'curl' | 'python' | 'javascript'

/** A request that a key can make. */
type Example = {
  readonly method: 'GET' | 'POST'
  /** Behind the account's address. */
  readonly path: string
  readonly parameters: Readonly<Record<string, string>>
}

/**
 * A program in each language that uses a key for something it may do. Each runs as it is, with
 * nothing but what the language brings along.
 */
export function keySnippets(key: {
  readonly grants: KeyGrants
  readonly account: string
  /** The address of the account, without a slash at its end. */
  readonly accountUrl: string
  readonly token: string
}): Record<Language, string> {
  const example = exampleOf(key.grants)
  const { account, accountUrl, token } = key
  const url = `${accountUrl}${example.path}`
  const parameters = Object.entries(example.parameters)
  const isPost = example.method === 'POST'
  const query = new URLSearchParams(example.parameters).toString()
  const address = query === '' || isPost ? url : `${url}?${query}`
  const body = JSON.stringify(example.parameters)
  return {
    curl: [
      `curl ${isPost || query === '' ? '' : '-G '}${inShell(url)} -u ${inShell(`${account}:${token}`)}`,
      ...(isPost
        ? [`-H 'content-type: application/json' -d ${inShell(body)}`]
        : parameters.map(([name, value]) => `--data-urlencode ${inShell(`${name}=${value}`)}`)),
    ].join(' \\\n  '),
    python: [
      'import json, urllib.request',
      '',
      'request = urllib.request.Request(',
      `    ${inQuotes(address)},`,
      ...(isPost ? [`    data=${inQuotes(body)}.encode(),`] : []),
      '    headers={',
      `        "Authorization": ${inQuotes(`Bearer ${token}`)},`,
      ...(isPost ? ['        "Content-Type": "application/json",'] : []),
      '    },',
      ')',
      'with urllib.request.urlopen(request) as answer:',
      '    print(json.load(answer))',
    ].join('\n'),
    javascript: [
      `const answer = await fetch(${inQuotes(address)}, {`,
      ...(isPost ? ["  method: 'POST',", `  body: ${inQuotes(body)},`] : []),
      '  headers: {',
      `    authorization: ${inQuotes(`Bearer ${token}`)},`,
      ...(isPost ? ["    'content-type': 'application/json',"] : []),
      '  },',
      '})',
      'console.log(await answer.json())',
    ].join('\n'),
  }
}

function exampleOf({ apis, tables, listing }: KeyGrants): Example {
  const table = tables.find(({ ticked }) => ticked.includes('select'))
  const sql =
    table === undefined
      ? 'SELECT 1 AS one'
      : `SELECT * FROM ${identifier(table.schema)}.${identifier(table.name)} LIMIT 5`
  if (apis.includes('sql')) return { method: 'GET', path: '/api/v2/sql', parameters: { q: sql } }
  if (apis.includes('maps') && table !== undefined) {
    const name = `${identifier(table.schema)}.${identifier(table.name)}`
    return { method: 'GET', path: '/v3/maps/default/table', parameters: { name } }
  }
  if (apis.includes('batch')) {
    return { method: 'POST', path: '/api/v2/sql/job', parameters: { query: sql } }
  }
  const path = listing ? '/api/v4/datasets' : '/api/v3/api_keys'
  return { method: 'GET', path, parameters: {} }
}

/** A name in SQL, in quotes only where it needs them. */
function identifier(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}

function inShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** JSON's strings are strings of Python and JavaScript as well. */
function inQuotes(text: string): string {
  return JSON.stringify(text)
}
