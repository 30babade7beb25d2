/**
 * The addresses at which the dashboard has pages; its router (dashboard/src/app/router.tsx) knows what
 * is there. A closed list, so that nothing of the APIs can ever be taken for a page.
 */
export const pagePaths = [
  '/',
  '/sign-in',
  '/invitation',
  '/api-keys',
  '/api-keys/*',
  '/developers/*',
  '/data',
  '/data/*',
  '/try',
  '/activity',
  '/activity/*',
  '/account',
  '/account/*',
] as const
