import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { basePath } from '../client/base-path.ts'
import { sessionQuery } from '../client/session.ts'
import { Skeleton } from '../ui/skeleton.tsx'
import { NotFoundPage } from './not-found-page.tsx'
import { RouteError } from './route-error.tsx'
import { Shell } from './shell.tsx'

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Outlet,
  notFoundComponent: NotFoundPage,
})

/** Every page but those for strangers: only for whoever is signed in. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    const session = await context.queryClient.ensureQueryData(sessionQuery)
    if (session === null) throw redirect({ to: '/sign-in', search: { next: location.href } })
  },
})

type Search = Record<string, unknown>

const text = (value: unknown): string | undefined =>
  value === undefined || value === '' ? undefined : String(value)

/** Those of the search parameters that are there, as text. */
function texts<Name extends string>(search: Search, ...names: readonly Name[]) {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = text(search[name])
      return value === undefined ? [] : [[name, value]]
    }),
  ) as { [K in Name]?: string }
}

const routes = root.addChildren([
  createRoute({
    getParentRoute: () => root,
    path: '/sign-in',
    validateSearch: (search: Search) => texts(search, 'next', 'account', 'refusal'),
    component: lazyRouteComponent(
      () => import('../features/sign-in/sign-in-page.tsx'),
      'SignInPage',
    ),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/invitation',
    component: lazyRouteComponent(
      () => import('../features/sign-in/invitation-page.tsx'),
      'InvitationPage',
    ),
  }),
  signedIn.addChildren([
    createRoute({
      getParentRoute: () => signedIn,
      path: '/',
      component: lazyRouteComponent(() => import('../features/home/home-page.tsx'), 'HomePage'),
    }),
    createRoute({
      getParentRoute: () => signedIn,
      path: '/api-keys',
      component: lazyRouteComponent(
        () => import('../features/api-keys/api-keys-page.tsx'),
        'ApiKeysPage',
      ),
    }),
    createRoute({
      getParentRoute: () => signedIn,
      path: '/api-keys/new',
      validateSearch: (search: Search) => texts(search, 'apis', 'tables'),
      component: lazyRouteComponent(
        () => import('../features/api-keys/new-api-key-page.tsx'),
        'NewApiKeyPage',
      ),
    }),
    createRoute({
      getParentRoute: () => signedIn,
      path: '/api-keys/$name',
      component: lazyRouteComponent(
        () => import('../features/api-keys/api-key-page.tsx'),
        'ApiKeyPage',
      ),
    }),
    createRoute({
      getParentRoute: () => signedIn,
      path: '/developers/credentials/tokens',
      component: lazyRouteComponent(
        () => import('../features/access-tokens/access-tokens-page.tsx'),
        'AccessTokensPage',
      ),
    }),
    createRoute({
      getParentRoute: () => signedIn,
      path: '/developers/credentials/tokens/new',
      validateSearch: (search: Search) =>
        texts(search, 'apis', 'connection', 'tables', 'query', 'referers'),
      component: lazyRouteComponent(
        () => import('../features/access-tokens/new-access-token-page.tsx'),
        'NewAccessTokenPage',
      ),
    }),
    createRoute({
      getParentRoute: () => signedIn,
      path: '/developers/credentials/tokens/$id',
      validateSearch: (search: Search) => texts(search, 'view'),
      component: lazyRouteComponent(
        () => import('../features/access-tokens/access-token-page.tsx'),
        'AccessTokenPage',
      ),
    }),
    createRoute({
      getParentRoute: () => signedIn,
      path: '/developers/credentials/oauth-clients',
      component: lazyRouteComponent(
        () => import('../features/oauth-clients/oauth-clients-page.tsx'),
        'OAuthClientsPage',
      ),
    }),
    createRoute({
      getParentRoute: () => signedIn,
      path: '/data',
      component: lazyRouteComponent(
        () => import('../features/data/connections-page.tsx'),
        'ConnectionsPage',
      ),
    }),
    createRoute({
      getParentRoute: () => signedIn,
      path: '/data/$connection',
      validateSearch: (search: Search) => texts(search, 'schema', 'search', 'page'),
      component: lazyRouteComponent(
        () => import('../features/data/connection-page.tsx'),
        'ConnectionPage',
      ),
    }),
    createRoute({
      getParentRoute: () => signedIn,
      path: '/data/$connection/$resource',
      validateSearch: (search: Search) => texts(search, 'view'),
      component: lazyRouteComponent(() => import('../features/data/table-page.tsx'), 'TablePage'),
    }),
    createRoute({
      getParentRoute: () => signedIn,
      path: '/try',
      validateSearch: (search: Search) => texts(search, 'credential', 'table', 'sql'),
      component: lazyRouteComponent(
        () => import('../features/try-it/try-it-page.tsx'),
        'TryItPage',
      ),
    }),
    createRoute({
      getParentRoute: () => signedIn,
      path: '/activity',
      validateSearch: (search: Search) => texts(search, 'range', 'credential', 'api'),
      component: lazyRouteComponent(
        () => import('../features/activity/activity-page.tsx'),
        'ActivityPage',
      ),
    }),
    createRoute({
      getParentRoute: () => signedIn,
      path: '/activity/audit',
      validateSearch: (search: Search) => texts(search, 'from', 'to', 'actor', 'action', 'target'),
      component: lazyRouteComponent(
        () => import('../features/activity/audit-page.tsx'),
        'AuditPage',
      ),
    }),
    createRoute({
      getParentRoute: () => signedIn,
      path: '/account',
      component: lazyRouteComponent(
        () => import('../features/account/profile-page.tsx'),
        'ProfilePage',
      ),
    }),
    createRoute({
      getParentRoute: () => signedIn,
      path: '/account/security',
      component: lazyRouteComponent(
        () => import('../features/account/security-page.tsx'),
        'SecurityPage',
      ),
    }),
    createRoute({
      getParentRoute: () => signedIn,
      path: '/account/settings',
      component: lazyRouteComponent(
        () => import('../features/account/settings-page.tsx'),
        'SettingsPage',
      ),
    }),
    createRoute({
      getParentRoute: () => signedIn,
      path: '/account/users',
      component: lazyRouteComponent(() => import('../features/users/users-page.tsx'), 'UsersPage'),
    }),
  ]),
])

/** Where the pages are. */
export function createAppRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree: routes,
    basepath: basePath === '' ? '/' : basePath,
    context: { queryClient },
    defaultPreload: 'intent',
    defaultPendingComponent: () => <Skeleton lines={6} />,
    defaultErrorComponent: RouteError,
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
