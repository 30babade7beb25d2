import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { createAuthenticate } from '@postern/server/credential/authenticate.js'
import { createCredentialCache } from '@postern/server/credential/credential-cache.js'
import { nameAccount } from '@postern/server/credential/name-account.js'
import { readCredential } from '@postern/server/credential/read-credential.js'
import { createRateLimits } from '@postern/server/limits/rate-limits.js'
import { createMetrics } from '@postern/server/measure-observations.js'
import {
  classifyStatement,
  loadStatementParser,
} from '@postern/server/policy/classify-statement.js'
import { decide } from '@postern/server/policy/decide.js'
import { createInFlightRequests } from '@postern/server/revocation/in-flight.js'
import { getEpoch } from '@postern/server/store/epochs.js'
import type { Section, Verdict } from './section.ts'
import type { Setting } from './setting.ts'
import { median } from './statistics.ts'

const aimMicroseconds = 50
const clientAddress = '127.0.0.1'
const maxSqlBytes = 256 * 1024
const decisionsPerSample = { cached: 2_000, notCached: 200 }

/**
 * (d): what stands between a request and the database, in this process: credential, principal,
 * statement, decision. The modules are the server's own; only HTTP is left out.
 */
export async function* measureDecisions({
  backstage,
  token,
  profile,
}: Setting): AsyncGenerator<Section> {
  const { store, keys } = backstage.installation
  await loadStatementParser()
  const epoch = await getEpoch(store)
  const cache = createCredentialCache({ maxEntries: 1_000, processKey: randomBytes(32) })
  const { measure } = createMetrics({
    openSessions: () => 0,
    requestsInFlight: () => 0,
    cachedCredentials: () => 0,
    epoch: () => epoch,
  })
  // Higher than any machine: what is measured is the counting, not a refusal.
  const limits = createRateLimits({
    perSecond: 1_000_000,
    monotonicNow: () => performance.now(),
  })
  const authenticate = createAuthenticate({
    store,
    keyRing: () => keys.current(),
    cache,
    inFlight: createInFlightRequests({ now: Date.now }),
    node: { epoch: () => epoch, hasLease: () => true, renew: async () => true },
    limits,
    now: Date.now,
    observe: measure,
  })

  let accountId = ''
  async function admitAndDecide(sql: string): Promise<void> {
    const credential = readCredential({
      authorization: [`Bearer ${token}`],
      query: { q: sql },
      body: undefined,
    })
    const account = nameAccount({
      path: 'bench',
      host: undefined,
      basicUser: undefined,
      parameter: undefined,
    })
    const { principal, inFlight } = await authenticate(credential, account, clientAddress)
    limits.take(principal, 'query', clientAddress)
    accountId = principal.accountId
    const statement = classifyStatement(sql, { maxBytes: maxSqlBytes })
    const decision = decide(principal, { surface: 'sql', statement })
    if (!decision.allowed) throw new Error('The key was refused.')
    inFlight.end()
  }

  let number = 0
  const sqlOf = (id: number, table = 'places') =>
    `select id, name, n, ts from ${table} where id = ${id}`
  const newStatement = () => {
    number += 1
    return admitAndDecide(sqlOf(0, `places as place_${number}`))
  }
  const newNumber = () => {
    number += 1
    return admitAndDecide(sqlOf(number))
  }
  const sameStatement = () => admitAndDecide(sqlOf(0))
  const notCached = () => {
    cache.evict({ accountId })
    return newStatement()
  }
  const { cached, notCached: few } = decisionsPerSample
  const repeated = await sample(sameStatement, cached, profile.rounds)
  const renumbered = await sample(newNumber, cached, profile.rounds)
  const fresh = await sample(newStatement, cached, profile.rounds)
  const looked = await sample(notCached, few, profile.rounds)
  yield {
    title: '(d) To authenticate and decide, in the process',
    explanation:
      'Credential to decision on one row by primary key. Cached: the credential was verified ' +
      'before. Not cached: one look into the control database.',
    unit: 'microseconds',
    figures: [
      { name: 'cached, the same statement again', samples: repeated },
      { name: 'cached, the same with another number each time', samples: renumbered },
      { name: 'cached, a new statement each time', samples: fresh },
      { name: 'not cached', samples: looked },
    ],
    verdicts: [
      verdict('(d) cached, the same statement again', repeated),
      verdict('(d) cached, the same with another number each time', renumbered),
      verdict('(d) cached, a new statement each time', fresh),
      { what: '(d) not cached', measured: `${median(looked).toFixed(0)} µs` },
    ],
  }
}

/** Microseconds per turn in each of `rounds` samples of `turns`, after one that is not counted. */
async function sample(
  work: () => Promise<void>,
  turns: number,
  rounds: number,
): Promise<readonly number[]> {
  const samples: number[] = []
  for (let round = 0; round <= rounds; round += 1) {
    const startedAt = performance.now()
    for (let turn = 0; turn < turns; turn += 1) await work()
    samples.push((1_000 * (performance.now() - startedAt)) / turns)
  }
  return samples.slice(1)
}

function verdict(what: string, samples: readonly number[]): Verdict {
  const microseconds = median(samples)
  return {
    what,
    measured: `${microseconds.toFixed(0)} µs`,
    aim: {
      sentence: `under ${aimMicroseconds} µs`,
      isMet: microseconds < aimMicroseconds,
    },
  }
}
