import { randomBytes, randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { createAuthenticate } from '@postern/server/credential/authenticate.js'
import { createCredentialCache } from '@postern/server/credential/credential-cache.js'
import { readCredential } from '@postern/server/credential/read-credential.js'
import { createRateLimits } from '@postern/server/limits/rate-limits.js'
import { decideSource } from '@postern/server/policy/decide-source.js'
import { createInFlightRequests } from '@postern/server/revocation/in-flight.js'
import type { Database } from '@postern/server/store/database.js'
import { getEpoch } from '@postern/server/store/epochs.js'
import { tokenIndex } from '@postern/server/token/key-ring.js'
import { mintToken } from '@postern/server/token/token.js'
import type { Section } from './section.ts'
import type { Setting } from './setting.ts'
import { median } from './statistics.ts'

const tokensInStore = 100_000
const perInsert = 10_000
const aimMicroseconds = 50
/** More than the cache holds: what memory does when ever new tokens come. */
const strangers = 3_000
const cachedEntries = 1_000
const maxGrowthBytes = 16 * 1024 * 1024
const decisionsPerSample = 5_000
const clientAddress = '127.0.0.1'

/** (i): to authenticate and decide with many access tokens in the store, in this process. */
export async function* measureTokens({ backstage, profile }: Setting): AsyncGenerator<Section> {
  const { store, keys } = backstage.installation
  const [ringKey] = keys.current().keys
  if (ringKey === undefined) throw new Error('There is no key to index tokens with.')
  const tokens = Array.from({ length: tokensInStore }, () => mintToken('access', randomBytes))
  const startedAt = performance.now()
  for (let at = 0; at < tokens.length; at += perInsert) {
    const part = tokens.slice(at, at + perInsert)
    await insertTokens(
      store,
      part.map((token) => tokenIndex(ringKey, token)),
      ringKey.id,
    )
  }
  console.error(`Made ${tokensInStore} tokens in ${Math.round(performance.now() - startedAt)} ms`)

  const epoch = await getEpoch(store)
  const authenticate = createAuthenticate({
    store,
    keyRing: () => keys.current(),
    cache: createCredentialCache({ maxEntries: cachedEntries, processKey: randomBytes(32) }),
    inFlight: createInFlightRequests({ now: Date.now }),
    node: { epoch: () => epoch, hasLease: () => true, renew: async () => true },
    limits: createRateLimits({ perSecond: 1_000_000, monotonicNow: () => performance.now() }),
    now: Date.now,
    observe: () => {},
  })
  const source = { kind: 'table', relation: { schema: 'public', name: 'points' } } as const
  async function admitAndDecide(token: string): Promise<void> {
    const credential = readCredential({
      authorization: [`Bearer ${token}`],
      query: {},
      body: undefined,
    })
    const { principal, inFlight } = await authenticate(credential, undefined, clientAddress)
    const decision = decideSource(principal, { api: 'maps', connection: 'default', source })
    inFlight.end()
    if (!decision.allowed) throw new Error('The token was refused.')
  }

  const known = tokens.slice(0, cachedEntries / 2)
  const cached = await sample(profile.rounds, decisionsPerSample, (turn) =>
    admitAndDecide(known[turn % known.length] ?? ''),
  )
  for (const token of tokens.slice(0, strangers)) await admitAndDecide(token)
  const before = heapBytes()
  const missed = await sample(1, strangers, (turn) =>
    admitAndDecide(tokens[strangers + turn] ?? ''),
  )
  const growth = heapBytes() - before
  const microseconds = median(cached)
  yield {
    title: `(i) To authenticate and decide, with ${tokensInStore.toLocaleString('en')} access tokens in the store`,
    explanation:
      `Credential to decision on a table. Cached: ${known.length} tokens in turns. Not cached: each for the ` +
      'first time, one look into the control database.',
    unit: 'microseconds',
    figures: [
      { name: 'cached', samples: cached },
      { name: 'not cached', samples: missed },
    ],
    verdicts: [
      {
        what: '(i) cached',
        measured: `${microseconds.toFixed(1)} µs`,
        aim: { sentence: `under ${aimMicroseconds} µs`, isMet: microseconds < aimMicroseconds },
      },
      {
        what: `(i) memory after ${strangers} more tokens`,
        measured: `${(growth / 1024 / 1024).toFixed(1)} MB more`,
        aim: { sentence: 'flat: under 16 MB', isMet: growth < maxGrowthBytes },
      },
    ],
  }
}

/** Rows as the command makes them, without the PostgreSQL roles: nobody logs in here. */
async function insertTokens(
  store: Database,
  indexes: readonly Buffer[],
  secretKeyId: string,
): Promise<void> {
  const ids = indexes.map(() => randomUUID())
  await store.query(
    `with owner as (
       select a.id as account_id, u.id as user_id, c.id as connection_id
       from account as a
       join account_user as u on u.account_id = a.id
       join connection as c on c.account_id = a.id and c.is_default
       where a.name = 'bench'
       limit 1
     ), tokens as (
       insert into access_token (id, account_id, user_id, name, state, allowed_apis, referers,
         token_index, secret_key_id, created_at, updated_at)
       select t.id, owner.account_id, owner.user_id, t.id::text, 'active', '{maps,sql}', '{}',
         t.index, $3, now(), now()
       from unnest($1::uuid[], $2::bytea[]) as t (id, index), owner
     ), roles as (
       insert into access_token_role (role, token_id, connection_id, password_envelope, secret_key_id)
       select 'bench_' || t.id, t.id, owner.connection_id, '', $3
       from unnest($1::uuid[]) as t (id), owner
     )
     insert into access_token_grant (token_id, position, connection_id, kind, source, schema_name,
       relation_name, role)
     select t.id, 0, owner.connection_id, 'table', 'public.points', 'public', 'points', 'bench_' || t.id
     from unnest($1::uuid[]) as t (id), owner`,
    [ids, indexes, secretKeyId],
  )
}

function heapBytes(): number {
  // Only where Node was started so that it can be asked; else what lies about counts as well.
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

/** Microseconds per turn in each of `rounds` samples, after one that is not counted. */
async function sample(
  rounds: number,
  turns: number,
  work: (turn: number) => Promise<void>,
): Promise<readonly number[]> {
  const samples: number[] = []
  for (let round = 0; round <= rounds; round += 1) {
    const startedAt = performance.now()
    for (let turn = 0; turn < turns; turn += 1) await work(turn)
    samples.push((1_000 * (performance.now() - startedAt)) / turns)
  }
  return rounds === 1 ? samples.slice(0, 1) : samples.slice(1)
}
