import { beforeAll, describe, expect, it } from 'vitest'
import { fingerprintStatement } from './fingerprint-statement.ts'
import { readQuery } from './read-query.ts'
import { loadStatementParser } from './statement-parser.ts'

beforeAll(loadStatementParser)

const granted = `select name, population from capitals where country = $1 and note <> 'A b' limit 10`

describe('a statement is recognised', () => {
  it.each([
    ['with other white space', granted.replaceAll(' ', '\n\t ').replace("'A\n\t b'", "'A b'")],
    ['with keywords in capitals', granted.replace('select', 'SELECT').replace('where', 'Where')],
    ['with bare names in capitals', granted.replace('capitals', 'CAPITALS')],
    ['with a semicolon at the end', `${granted} ;`],
    ['with comments', `/* a */ ${granted.replace('from', '-- b\nfrom')}`],
    ['with a name in quotes that needs none', granted.replace('capitals', '"capitals"')],
  ])('%s', (_how, text) => {
    expect(fingerprintStatement(text)).toBe(fingerprintStatement(granted))
  })
})

describe('a statement is another one', () => {
  it.each([
    ['with another constant', granted.replace('10', '11')],
    ['with a constant in another case', granted.replace("'A b'", "'a b'")],
    ['with another space within a constant', granted.replace("'A b'", "'A  b'")],
    ['with a value in the place of a parameter', granted.replace('$1', `'x'`)],
    ['with another parameter', granted.replace('$1', '$2')],
    ['with one column more', granted.replace('population', 'population, iso_a2')],
    ['with columns in another order', granted.replace('name, population', 'population, name')],
    ['with another relation', granted.replace('capitals', 'secrets')],
    ['with a schema', granted.replace('capitals', 'public.capitals')],
    ['with an alias', granted.replace('capitals', 'capitals c')],
    ['with a condition more', granted.replace('limit', 'or true limit')],
    ['without its condition', granted.replace(/where.*limit/, 'limit')],
    ['with a name in quotes that needs them', granted.replace('capitals', '"Capitals"')],
    ['with a lock', `${granted} for update`],
    ['with a second statement', `${granted}; select 1`],
    ['within a WITH clause', `with a as (${granted}) select * from a`],
    ['within a union', `(${granted}) union all (${granted})`],
    ['with DISTINCT', granted.replace('select', 'select distinct')],
    ['with a cast', granted.replace('$1', '$1::text')],
    ['with an integer that is a number', granted.replace('10', '10.0')],
  ])('%s', (_how, text) => {
    expect(fingerprintStatement(text)).not.toBe(fingerprintStatement(granted))
  })
})

it('is read with the names of its parameters, be they keywords', () => {
  const named = 'select * from t where day >= @from and day < @to'
  const { shape, fingerprint } = readQuery(named)
  expect(shape).toMatchObject({ understood: true, statements: [{ relations: [{ name: 't' }] }] })
  expect(readQuery(named.replace('= @', '=@')).fingerprint).toBe(fingerprint)
  expect(readQuery(named.replace('@to', '@until')).fingerprint).not.toBe(fingerprint)
  expect(readQuery(named.replace('@from', '$1').replace('@to', '$2')).fingerprint).not.toBe(
    fingerprint,
  )
})

it('is none of a statement that is nested too deeply to be written down', () => {
  const { shape, fingerprint } = readQuery(`select ${'array['.repeat(3_000)}1${']'.repeat(3_000)}`)
  expect(shape).toMatchObject({ understood: false, reason: 'statement_not_understood' })
  expect(fingerprint).toBe('')
})
