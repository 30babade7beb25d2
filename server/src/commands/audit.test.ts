import { readdirSync, readFileSync } from 'node:fs'
import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestContext } from '../../test/command-context.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import { createTestServer, type TestServer } from '../../test/registered-server.ts'
import type { Caller } from '../credential/audit-actor.ts'
import { findSession } from '../credential/find-session.ts'
import { scopes } from '../credential/manager.ts'
import type { OperationName } from '../operations.ts'
import { loadStatementParser } from '../policy/statement-parser.ts'
import { createStopController } from '../stop-signal.ts'
import { type Account, findActiveAccount } from '../store/accounts.ts'
import { findApiKeyByName, findRolePassword } from '../store/api-keys.ts'
import { type AuditAction, auditActions } from '../store/audit-actions.ts'
import { listAuditEvents } from '../store/audit-events.ts'
import type { OAuthClient } from '../store/oauth-clients.ts'
import { listOAuthGrantsOf } from '../store/oauth-grants.ts'
import type { KeyRing } from '../token/key-ring.ts'
import { createWarehouse } from '../warehouse/run-statement.ts'
import { createSessions } from '../warehouse/sessions.ts'
import { acceptInvitation } from './accept-invitation.ts'
import { openPassword } from './api-key-secrets.ts'
import { deleteDataset, updateDataset } from './change-datasets.ts'
import { confirmSession } from './confirm-session.ts'
import type { CommandContext } from './context.ts'
import { createAccessToken } from './create-access-token.ts'
import { createAccount } from './create-account.ts'
import { createApiKey } from './create-api-key.ts'
import { createConnection } from './create-connection.ts'
import { createNamedSource } from './create-named-source.ts'
import { createOAuthClient } from './create-oauth-client.ts'
import { queueTileset } from './create-tileset.ts'
import { createUser } from './create-user.ts'
import { deleteAccessToken } from './delete-access-token.ts'
import { deleteAccount } from './delete-account.ts'
import { deleteApiKey } from './delete-api-key.ts'
import { deleteConnection } from './delete-connection.ts'
import { deleteNamedSource } from './delete-named-source.ts'
import { deleteOAuthClient } from './delete-oauth-client.ts'
import { deleteUser } from './delete-user.ts'
import { endOAuthGrant, endOAuthToken } from './end-oauth-grant.ts'
import { grantOAuth } from './grant-oauth.ts'
import { inviteUser } from './invite-user.ts'
import { issueForCode, issueForProgram } from './issue-oauth-tokens.ts'
import { listAccessTokens } from './list-access-tokens.ts'
import { revokeInvitation } from './list-invitations.ts'
import { type ActingManager, getOperator } from './operator.ts'
import { endOtherSessions } from './own-sessions.ts'
import { regenerateApiKey } from './regenerate-api-key.ts'
import { rotateSecrets } from './rotate-secrets.ts'
import { setAccount } from './set-account.ts'
import { setTablePrivacy } from './set-table-privacy.ts'
import {
  beginSecondFactor,
  finishSecondFactor,
  renewRecoveryCodes,
} from './set-up-second-factor.ts'
import { signIn, signOut } from './sign-in.ts'
import { turnOffSecondFactor } from './turn-off-second-factor.ts'
import { updateAccessToken } from './update-access-token.ts'
import { updateConnection } from './update-connection.ts'
import { updateNamedSource } from './update-named-source.ts'
import { updateUser } from './update-user.ts'

/** What changes something and is no management action: what runs, and what answers a question by POST. */
const unrecorded: readonly OperationName[] = [
  'postSql',
  'copyFrom',
  'postCopyTo',
  'createBatchJob',
  'updateBatchJob',
  'cancelBatchJob',
  'postSqlV3',
  'createSqlJobV3',
  'cancelSqlJobV3',
  'postTableMap',
  'postQueryMap',
  'postTilesetMap',
  'postModel',
  'postQueryStats',
  'postTableStats',
  'testConnection',
  'checkTokenSource',
  'explainDecision',
  'findInvitation',
  // It is in force when it is finished.
  'beginSecondFactor',
  // A token of an hour or a day by what was granted before: the grant is what is recorded.
  'createOAuthToken',
]

/** Files with a transaction of their own that is part of another command, or of no management action. */
const withoutEvent: readonly string[] = [
  'cancel-batch-job.ts',
  'check-token-source.ts',
  'create-batch-job.ts',
  'update-batch-job.ts',
  'insert-within-quota.ts',
  'issue-oauth-tokens.ts',
  'refresh-token-patterns.ts',
]

/** Every management action that there is: what asks for it over HTTP, and the events that it leaves. */
type Step = {
  readonly does: string
  readonly operations: readonly OperationName[]
  readonly leaves: readonly AuditAction[]
  readonly run: () => Promise<unknown>
}

const accountName = 'audited'
const network = '192.0.2.7'
/** What no event may have in it. */
const secrets: string[] = []
const secret = (text: string) => {
  secrets.push(text)
  return text
}
const password = secret('a-password-of-ann')

let installation: TestInstallation
let context: CommandContext & { close(): Promise<void> }
let rotated: KeyRing | undefined
let server: TestServer
let account: Account
let manager: ActingManager
let master: Caller
let userId: string
let session: Caller
let page: OAuthClient
let program: OAuthClient

const steps: readonly Step[] = [
  {
    does: 'makes an account',
    operations: [],
    leaves: ['account.create'],
    async run() {
      const created = await createAccount(context, accountName)
      for (const text of [created.masterToken, created.password]) secret(text)
      account = created.account
      manager = await getOperator(context, account)
      master = await masterKey()
      await ownTable('harbours')
    },
  },
  {
    does: 'changes an account, one event for each setting',
    operations: ['updateAccount'],
    leaves: ['account.update', 'account.update', 'account.update', 'account.update'],
    run: () =>
      setAccount(context, accountName, {
        keyQuota: 5,
        requestsPerSecond: 100,
        engineEnabled: true,
        masterOnData: true,
      }),
  },
  {
    does: 'makes an API key',
    operations: ['createApiKey'],
    leaves: ['api_key.create'],
    run: () =>
      createApiKey(context, master, {
        name: 'app',
        grants: [
          { type: 'apis', apis: ['sql'] },
          {
            type: 'database',
            tables: [{ schema: 'public', name: 'harbours', permissions: ['select'] }],
          },
        ],
      }).then(({ token }) => secret(token ?? '')),
  },
  {
    does: 'regenerates an API key',
    operations: ['regenerateApiKey'],
    leaves: ['api_key.regenerate'],
    run: () =>
      regenerateApiKey(context, master, 'app').then(({ view }) => secret(view.token ?? '')),
  },
  {
    does: 'deletes an API key',
    operations: ['deleteApiKey'],
    leaves: ['api_key.delete'],
    run: () => deleteApiKey(context, master, 'app'),
  },
  {
    does: 'makes an access token',
    operations: ['createAccessToken'],
    leaves: ['access_token.create'],
    run: () =>
      createAccessToken(context, manager, {
        name: 'map',
        grants: [{ connection_name: 'default', source: 'public.harbours' }],
      }).then(({ view }) => secret(view.token ?? '')),
  },
  {
    does: 'edits an access token',
    operations: ['updateAccessToken'],
    leaves: ['access_token.update'],
    run: async () => updateAccessToken(context, manager, await tokenId(), { name: 'other map' }),
  },
  {
    does: 'deletes an access token',
    operations: ['deleteAccessToken'],
    leaves: ['access_token.delete'],
    run: async () => deleteAccessToken(context, manager, await tokenId()),
  },
  {
    does: 'registers a connection',
    operations: ['createConnection'],
    leaves: ['connection.create'],
    run: () =>
      createConnection(context, manager, {
        name: 'elsewhere',
        config: { ...server.config, password: secret(server.password) },
      }),
  },
  {
    does: 'changes a connection',
    operations: ['updateConnection'],
    leaves: ['connection.update'],
    run: () => updateConnection(context, manager, 'elsewhere', { name: 'there' }),
  },
  {
    does: 'makes a named source',
    operations: ['createNamedSource'],
    leaves: ['named_source.create'],
    run: () =>
      createNamedSource(context, manager, {
        name: 'big_harbours',
        connection_name: 'there',
        source: 'select * from harbours',
      }),
  },
  {
    does: 'changes a named source',
    operations: ['updateNamedSource'],
    leaves: ['named_source.update'],
    run: () =>
      updateNamedSource(context, manager, 'big_harbours', { source: 'select id from harbours' }),
  },
  {
    does: 'deletes a connection whose named sources move to another',
    operations: ['deleteConnection'],
    leaves: ['named_source.update', 'connection.delete'],
    run: () => deleteConnection(context, manager, 'there', 'default'),
  },
  {
    does: 'deletes a named source',
    operations: ['deleteNamedSource'],
    leaves: ['named_source.delete'],
    run: () => deleteNamedSource(context, manager, 'big_harbours'),
  },
  {
    does: 'opens a dataset to the public',
    operations: ['updateVisualization'],
    leaves: ['dataset.update'],
    run: () => updateDataset(context, master, 'harbours', { privacy: 'PUBLIC' }),
  },
  {
    does: 'closes a table to the public',
    operations: ['updateConnectionTable'],
    leaves: ['dataset.update'],
    run: () =>
      setTablePrivacy(context, manager, {
        connection: 'default',
        table: 'public.harbours',
        privacy: 'PRIVATE',
      }),
  },
  {
    does: 'puts a tileset into the line',
    operations: [],
    leaves: ['tileset.create'],
    run: queueTilesetOfHarbours,
  },
  {
    does: 'drops a dataset',
    operations: ['deleteVisualization'],
    leaves: ['dataset.delete'],
    run: () => deleteDataset(context, master, 'harbours'),
  },
  {
    does: 'adds a user',
    operations: ['createUser'],
    leaves: ['user.create'],
    run: () =>
      createUser(context, manager, { name: 'ann', level: 'owner', password }).then(({ user }) => {
        userId = user.id
      }),
  },
  {
    does: 'signs in',
    operations: ['createSession'],
    leaves: ['session.create'],
    async run() {
      const outcome = await signIn(context, attempt(password))
      if (!('token' in outcome)) throw new Error('Nobody may sign in.')
      const found = await findSession(context.store, secret(outcome.token), new Date())
      if (found === undefined) throw new Error('Nobody is signed in.')
      session = { ...found.principal, clientNetwork: network }
    },
  },
  {
    does: 'fails to sign in',
    operations: ['createSession'],
    leaves: ['session.refuse'],
    run: () => expect(signIn(context, attempt(secret('not-her-password')))).rejects.toThrow(),
  },
  {
    does: 'fails to sign in as nobody there is, with what may be a password for a name',
    operations: ['createSession'],
    leaves: ['session.refuse'],
    run: () =>
      expect(
        signIn(context, { ...attempt(password), user: secret('typed-into-the-wrong-field') }),
      ).rejects.toThrow(),
  },
  {
    does: 'confirms who they are',
    operations: ['confirmSession'],
    leaves: ['session.confirm'],
    run: () => confirmSession(context, session, { password, network }),
  },
  {
    does: 'sets up a second factor',
    operations: ['finishSecondFactor'],
    leaves: ['second_factor.create'],
    async run() {
      const shownAs = { issuer: 'Postern', label: 'ann' }
      const begun = await beginSecondFactor(context, asAnn(), shownAs)
      const code = secret(TOTP.generate({ secret: Secret.fromBase32(secret(begun.secret)) }))
      secrets.push(...(await finishSecondFactor(context, asAnn(), code)))
    },
  },
  {
    does: 'renews recovery codes',
    operations: ['renewRecoveryCodes'],
    leaves: ['recovery_codes.create'],
    run: async () => secrets.push(...(await renewRecoveryCodes(context, asAnn()))),
  },
  {
    does: 'turns the second factor off',
    operations: ['deleteOwnSecondFactor', 'deleteSecondFactor'],
    leaves: ['second_factor.delete'],
    run: () => turnOffSecondFactor(context, asAnn(), userId),
  },
  {
    does: 'invites somebody',
    operations: ['createInvitation'],
    leaves: ['invitation.create'],
    run: () => invite('cleo@example.com'),
  },
  {
    does: 'takes an invitation back',
    operations: ['deleteInvitation'],
    leaves: ['invitation.create', 'invitation.delete'],
    async run() {
      const { invitation } = await invite('dan@example.com')
      await revokeInvitation(context, manager, invitation.id)
    },
  },
  {
    does: 'accepts an invitation',
    operations: ['acceptInvitation'],
    leaves: ['invitation.create', 'invitation.accept', 'session.create'],
    async run() {
      const { token } = await invite('eve@example.com')
      const details = { name: 'eve', password: secret('a-password-of-eve') }
      secret(await acceptInvitation(context, token, details, { network, userAgent: undefined }))
    },
  },
  {
    does: 'ends other sessions',
    operations: ['deleteOwnSession', 'deleteOtherSessions'],
    leaves: ['session.create', 'session.delete'],
    async run() {
      const outcome = await signIn(context, attempt(password))
      if ('token' in outcome) secret(outcome.token)
      await endOtherSessions(context, session)
    },
  },
  {
    does: 'registers OAuth clients',
    operations: ['createOAuthClient'],
    leaves: ['oauth_client.create', 'oauth_client.create'],
    async run() {
      page = await registerClient('public')
      program = await registerClient('m2m')
    },
  },
  {
    does: 'lets an application act, and ends that',
    operations: ['decideOAuthRequest', 'deleteOAuthGrant'],
    leaves: ['oauth_grant.create', 'oauth_grant.delete'],
    async run() {
      secret(await consent())
      const [grant] = await listOAuthGrantsOf(context.store, userId, new Date())
      await endOAuthGrant(context, { ...manager, userId }, grant?.id ?? '')
    },
  },
  {
    does: 'an application brings a code twice, which ends what it was let do',
    operations: [],
    leaves: ['oauth_grant.create', 'oauth_grant.delete'],
    async run() {
      const code = secret(await consent())
      const bring = () =>
        issueForCode(context, page, { code, redirectUri: backTo, codeVerifier: 'wrong' })
      await expect(bring()).rejects.toThrow()
    },
  },
  {
    does: 'a program gives a token back',
    operations: ['revokeOAuthToken'],
    leaves: ['oauth_token.delete'],
    async run() {
      const { accessToken } = await issueForProgram(context, program, [])
      await endOAuthToken(context, program, secret(accessToken))
    },
  },
  {
    does: 'deletes an OAuth client',
    operations: ['deleteOAuthClient'],
    leaves: ['oauth_client.delete'],
    run: () => deleteOAuthClient(context, manager, page.id),
  },
  {
    does: 'signs out',
    operations: ['deleteSession'],
    leaves: ['session.delete'],
    run: () => signOut(context, session),
  },
  {
    does: 'changes a user',
    operations: ['updateUser', 'updateMe'],
    leaves: ['user.update'],
    run: () =>
      updateUser(context, manager, userId, {
        level: 'viewer',
        password: secret('another-password-of-ann'),
      }),
  },
  {
    does: 'deletes a user',
    operations: ['deleteUser'],
    leaves: ['user.delete'],
    run: () => deleteUser(context, manager, userId),
  },
  {
    does: 'rotates the secrets',
    operations: [],
    leaves: ['secrets.rotate'],
    run: () =>
      rotateSecrets(context, {
        read: async () => context.keyRing(),
        replace: async (next) => {
          rotated = next
        },
      }),
  },
  {
    does: 'deletes an account',
    operations: [],
    leaves: ['account.delete'],
    run: () => deleteAccount(context, accountName),
  },
]

beforeAll(async () => {
  await loadStatementParser()
  installation = await createInstallation()
  const made = await createTestContext(installation)
  context = { ...made, keyRing: () => rotated ?? made.keyRing() }
  server = await createTestServer(installation.address)
})
afterAll(async () => {
  await context.close()
  await installation.close()
  await server.close()
})

describe('every management action leaves its event', () => {
  it.each(steps)('$does', async ({ leaves, run }) => {
    const before = await countEvents()
    await run()
    const events = await listEvents()
    expect(events.slice(before).map(({ action }) => action)).toEqual(leaves)
  })

  it('and none of them holds a secret', async () => {
    const text = JSON.stringify(await listEvents())
    expect(secrets.length).toBeGreaterThan(10)
    for (const each of secrets) expect(each === '' || !text.includes(each)).toBe(true)
  })

  it('which outlives the account, and is nobody else’s', async () => {
    const options = { limit: 100 }
    const [latest] = await listAuditEvents(context.store, account.id, {}, options)
    expect(latest).toMatchObject({ action: 'account.delete', targetName: accountName })
    await createAccount(context, accountName)
    const again = await findActiveAccount(context.store, accountName)
    const events = await listAuditEvents(context.store, again?.id ?? '', {}, options)
    expect(events.map(({ action }) => action)).toEqual(['account.create'])
  })
})

describe('no management action is forgotten', () => {
  it('of those that the audit log knows', () => {
    const left = new Set(steps.flatMap(({ leaves }) => leaves))
    expect([...left].sort()).toEqual([...auditActions].sort())
  })

  it('of those that can be asked for over HTTP', () => {
    const file = readFileSync(new URL('../../../openapi.yaml', import.meta.url), 'utf8')
    const methods = file.matchAll(
      /^ {4}(post|put|patch|delete):\n(?: {6}.*\n)*? {6}operationId: (\w+)/gm,
    )
    const changing = [...methods].map(([, , operationId]) => operationId)
    expect(changing.length).toBeGreaterThan(30)
    const walked = [...steps.flatMap(({ operations }) => operations), ...unrecorded]
    expect([...new Set(changing)].sort()).toEqual([...new Set(walked)].sort())
  })

  it('of those that change the control database', () => {
    const folder = new URL('./', import.meta.url)
    const silent = readdirSync(folder).filter((file) => {
      if (!file.endsWith('.ts') || file.endsWith('.test.ts')) return false
      const text = readFileSync(new URL(file, folder), 'utf8')
      const changes = /\b(inTransaction|inRetriedTransaction|revoker\.revoke|revoker\s*\.revoke)\(/
      return changes.test(text) && !text.includes('recordAudit(')
    })
    expect(silent.sort()).toEqual([...withoutEvent].sort())
  })
})

const attempt = (tried: string) => ({ account: accountName, user: 'ann', password: tried, network })
const backTo = 'https://app.example/back'
const tokenId = async () =>
  (await listAccessTokens(context, manager, { limit: 1, offset: 0 })).tokens[0]?.id ?? ''

async function listEvents() {
  const { rows } = await installation.store.query<{ action: AuditAction }>(
    'select * from audit_event order by at, ctid',
  )
  return rows
}

const countEvents = async () => (await listEvents()).length

async function masterKey(): Promise<Caller> {
  const key = await findApiKeyByName(context.store, account.id, 'Master')
  if (key === undefined) throw new Error('There is no master key.')
  return {
    accountId: account.id,
    accountName,
    credentialId: key.id,
    credentialName: key.name,
    kind: 'master',
    allowedApis: [],
    engineEnabled: true,
    expiresAtMs: undefined,
    database: account.database,
    role: account.ownerRole,
    issuedAtMs: key.updatedAt.getTime(),
    mayWrite: true,
    clientNetwork: network,
  }
}

const asAnn = () => ({ ...manager, userId })

async function invite(email: string) {
  const invited = await inviteUser(context, manager, { email, level: 'viewer' })
  secret(invited.token)
  return invited
}

async function ownTable(name: string): Promise<void> {
  const database = installation.admin.on(account.database)
  await database.query(
    `create table public.${name} (id integer primary key, geom postgis.geometry(Point, 4326))`,
  )
  await database.query(`alter table public.${name} owner to "${account.ownerRole}"`)
}

async function registerClient(kind: 'm2m' | 'public'): Promise<OAuthClient> {
  const registrar = { ...manager, userId, scopes }
  const { client, secret: text = '' } = await createOAuthClient(context, registrar, {
    name: kind,
    kind,
    scopes: ['read:tokens'],
    redirectUris: kind === 'public' ? [backTo] : [],
  })
  secret(text)
  return client
}

function consent(): Promise<string> {
  return grantOAuth(context, session, page, {
    redirectUri: backTo,
    scopes: ['read:tokens'],
    codeChallenge: 'x',
    state: undefined,
  })
}

/** In a session of the account's owner role, as a server would look at the tileset. */
async function queueTilesetOfHarbours(): Promise<void> {
  const sealed = await findRolePassword(context.store, account.ownerRole)
  if (sealed === undefined) throw new Error('The account has no owner role.')
  const rolePassword = openPassword(context.keyRing(), sealed.apiKeyId, sealed)
  const { host, port } = installation.address
  const sessions = createSessions({
    host,
    port,
    ssl: false,
    maxPerRole: 1,
    maxTotal: 1,
    maxPerServer: 1,
    addressOf: async () => {
      throw new Error('Nobody should have asked for another server.')
    },
    idleTimeoutMs: 60_000,
    acquireTimeoutMs: 10_000,
    statementTimeoutMs: 60_000,
    passwordOf: async () => rolePassword,
    restorePassword: async () => {},
    observe: () => {},
  })
  try {
    await queueTileset(
      context,
      accountName,
      {
        target: { schema: 'public', name: 'harbour_tiles' },
        source: { kind: 'table', table: { schema: 'public', name: 'harbours' } },
        minZoom: 0,
        maxZoom: 1,
        drop: 'none',
        maxFeatures: 100,
      },
      {
        warehouse: createWarehouse({ sessions, terminate: async () => {}, observe: () => {} }),
        deadlineMs: 60_000,
        signal: createStopController().signal,
      },
    )
  } finally {
    sessions.close()
  }
}
