import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { buildApp } from '../src/app.ts'
import { settings } from '../src/config.ts'
import { scopes, userLevels } from '../src/credential/manager.ts'
import { errorTable } from '../src/errors.ts'
import { rateGroups } from '../src/limits/rate-groups.ts'
import { operations } from '../src/operations.ts'
import { statementPolicy } from '../src/policy/statement-policy.ts'
import { levelRights, scopeMeanings } from '../src/policy/user-levels.ts'
import type { SurfaceContext } from '../src/surfaces/surface.ts'
import { noLimits } from './no-limits.ts'

// The references are written out from the code that they describe: `npx vitest run server/test/references.test.ts -u`
// writes them anew. Here they only have to be what the code says now.

test('docs/reference/settings.md is what config.ts says', async () => {
  const rows = Object.entries(settings).map(
    ([name, { default: value, meaning }]) =>
      `| \`${name}\` | ${value === '' ? '' : `\`${value}\``} | ${meaning} |`,
  )
  await expect(
    page('Settings', 'Environment variables, read once when the server or a command starts.', [
      '| setting | default | meaning |',
      '|---|---|---|',
      ...rows,
    ]),
  ).toMatchFileSnapshot('../../docs/reference/settings.md')
})

test('docs/reference/errors.md is what errors.ts says', async () => {
  const rows = Object.entries(errorTable).map(
    ([code, { status, message }]) => `| \`${code}\` | ${status} | ${message} |`,
  )
  await expect(
    page(
      'Errors',
      'Every answer that is not the one that was asked for. Codes stand in the log and in the metric `postern_refusals_total`; each surface answers in its own shape, and where its contract dictates other words or another status, with those.',
      ['| code | status | sentence |', '|---|---|---|', ...rows],
    ),
  ).toMatchFileSnapshot('../../docs/reference/errors.md')
})

test('docs/reference/statements.md is what the statement policy says', async () => {
  const rows = Object.entries(statementPolicy).map(([kind, row]) => {
    const said = { run: 'PostgreSQL decides', script: 'among others', refuse: 'refused' }
    const cells = [row.default, row.regular, row.master].map((ruling) => said[ruling])
    const reason = 'reason' in row ? row.reason : ''
    return `| \`${kind}\` | ${cells.join(' | ')} | ${reason} |`
  })
  await expect(
    page(
      'Statements',
      'Which kinds of statement the SQL API sends on, by the kind of key. Where it says that PostgreSQL decides, the statement runs as the role of the key, and what that role may do is what happens. *Among others* means that it is sent on when it stands among several statements in one text; see [scripts](../how-to/send-several-statements.md). Statements of keys that may change nothing run in a READ ONLY transaction if they only read; several are sent on only if each of them reads.',
      [
        '| kind of statement | default public | regular | master | answer when refused |',
        '|---|---|---|---|---|',
        ...rows,
      ],
    ),
  ).toMatchFileSnapshot('../../docs/reference/statements.md')
})

test('docs/reference/users.md is what user-levels.ts says', async () => {
  const levels = userLevels.map((level) => `| \`${level}\` | ${levelRights[level].meaning} |`)
  const rows = scopes.map((scope) => {
    const cells = userLevels.map((level) =>
      levelRights[level].scopes.includes(scope) ? 'yes' : '',
    )
    return `| \`${scope}\` | ${scopeMeanings[scope]} | ${cells.join(' | ')} |`
  })
  await expect(
    page(
      'Users',
      "What a user of an account may do, by their level. An application that acts in a user's name has the scopes that it was granted, as far as the level of the user has them at that moment. See [users and sessions](../how-to/manage-users.md) and [OAuth](../how-to/oauth.md).",
      [
        '| level | may do |',
        '|---|---|',
        ...levels,
        '',
        `| scope | lets | ${userLevels.join(' | ')} |`,
        `|---|---|${userLevels.map(() => '---|').join('')}`,
        ...rows,
      ],
    ),
  ).toMatchFileSnapshot('../../docs/reference/users.md')
})

test('docs/reference/limits.md names the groups of endpoints and their shares', async () => {
  const text = await readFile(new URL('../../docs/reference/limits.md', import.meta.url), 'utf8')
  const rows = Object.entries(rateGroups).map(
    ([group, { share, meaning }]) => `| \`${group}\` | ${share} | ${meaning} |`,
  )
  expect(text.split('\n')).toEqual(expect.arrayContaining(rows))
})

test('openapi.yaml is what the routes say', async () => {
  const app = await describedApp()
  const document = app.swagger()
  await app.close()
  await expect(
    stringify(document, { lineWidth: 100, aliasDuplicateObjects: false }),
  ).toMatchFileSnapshot('../../openapi.yaml')
})

test('every route is an operation of the table, and every operation has a route', async () => {
  const app = await describedApp()
  const paths = Object.values(app.swagger().paths ?? {}) as Record<
    string,
    { operationId?: string }
  >[]
  await app.close()
  const ids = paths.flatMap((path) => Object.values(path).map((route) => route.operationId))
  // Pages are for people: openapi.yaml does not tell of them.
  const pages = ['getDashboardAsset', 'getDashboardPage']
  expect([...ids, ...pages].sort()).toEqual(Object.keys(operations).sort())
})

function page(title: string, introduction: string, lines: readonly string[]): string {
  return [`# ${title}`, '', introduction, '', ...lines, ''].join('\n')
}

/** Routes describe themselves when they are registered; none is called here. */
function describedApp() {
  return buildApp({ limits: {}, commands: {}, publicUrl: () => '' } as unknown as SurfaceContext, {
    metrics: undefined as never,
    rateLimits: noLimits,
    trustedProxies: [],
    ownHosts: () => [],
    isReady: async () => true,
  })
}
