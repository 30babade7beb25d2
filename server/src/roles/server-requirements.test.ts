import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import type { Queryable } from '../store/database.ts'
import {
  checkServerRequirements,
  isPostgisNewEnough,
  versionFindings,
} from './server-requirements.ts'

describe('versionFindings', () => {
  it.each([
    [130_022, 'problem'],
    [140_024, 'warning'],
    [140_025, undefined],
    [150_018, 'warning'],
    [150_020, undefined],
    [160_015, 'warning'],
    [170_011, 'warning'],
    [180_006, 'warning'],
    [180_007, undefined],
    [190_000, undefined],
  ])('says of %i: %s', (version, severity) => {
    expect(versionFindings(version)[0]?.severity).toBe(severity)
  })
})

describe('isPostgisNewEnough', () => {
  it.each([
    ['3.0.9', false],
    ['3.1.0', true],
    ['3.10.0', true],
    ['2.5.5', false],
    ['4.0.0dev', true],
  ])('says of %s: %s', (version, expected) => {
    expect(isPostgisNewEnough(version)).toBe(expected)
  })
})

describe('checkServerRequirements', () => {
  let installation: TestInstallation
  beforeAll(async () => {
    installation = await createInstallation()
  })
  afterAll(() => installation.close())

  it('finds no problem on a server that has all it takes', async () => {
    const findings = await checkServerRequirements(installation.admin.cluster)
    expect(findings.filter(({ severity }) => severity === 'problem')).toEqual([])
  })

  it.each([
    [{ mayCreateRoles: false }, 'CREATEROLE', 'alter role "app" createrole'],
    [
      { mayCreateRoles: false, mayCreateDatabases: false },
      'CREATEROLE and CREATEDB',
      'alter role "app" createrole createdb',
    ],
    [{ postgisVersion: null }, 'not installed', 'apt-get install postgresql-15-postgis-3'],
    [{ postgisVersion: '3.0.2' }, 'too old', 'newer PostGIS'],
    [{ maxConnections: 10 }, '10 connections', 'max_connections'],
  ])('says what is missing and what to do: %j', async (facts, sentence, remedy) => {
    const findings = await checkServerRequirements(serverWith(facts))
    expect(findings).toHaveLength(1)
    expect(findings[0]?.severity).toBe('problem')
    expect(findings[0]?.sentence).toContain(sentence)
    expect(findings[0]?.remedy).toContain(remedy)
  })

  it('warns of prepared transactions, whose locks outlive a session', async () => {
    const [finding] = await checkServerRequirements(serverWith({ maxPreparedTransactions: 5 }))
    expect(finding).toMatchObject({ severity: 'warning', subject: 'max_prepared_transactions' })
  })
})

/** A server that has all it takes, but for these facts. */
function serverWith(facts: Record<string, unknown>): Queryable {
  const sound = {
    role: 'app',
    isSuperuser: false,
    mayCreateRoles: true,
    mayCreateDatabases: true,
    versionNum: 150_020,
    maxConnections: 100,
    maxPreparedTransactions: 0,
    postgisVersion: '3.3.2',
  }
  return { query: async () => ({ rows: [{ ...sound, ...facts }] }) } as unknown as Queryable
}
