import type { FastifyInstance } from 'fastify'

/** True of addresses whose answers have the shape of the v3 API, whether there is anything or not. */
export function isV3Path(url: string): boolean {
  return /^\/v3(?:[/?#]|$)/.test(url)
}

/**
 * Remembers the v3 routes that are registered from here on, and says which methods the one at an
 * address takes; none where there is no route.
 */
export function collectMethods(app: FastifyInstance): (url: string) => string[] {
  const routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    if (!isV3Path(url) || url.includes('*')) return
    const pattern = new RegExp(`^${url.replace(/:[A-Za-z]+/g, '[^/]+')}/?$`)
    routes.push({ pattern, methods: [method].flat() })
  })
  return (url) => {
    const path = url.replace(/[?#].*$/s, '')
    const found = routes.filter(({ pattern }) => pattern.test(path))
    return [...new Set(found.flatMap(({ methods }) => methods))]
  }
}
