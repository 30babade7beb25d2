import { useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { basePath } from '../../client/base-path.ts'
import { setCsrfToken } from '../../client/csrf-token.ts'
import { type Session, sessionQuery } from '../../client/session.ts'
import { ownPath } from './own-path.ts'

/** What comes after signing in: the page that was asked for, if it is one of this server. */
export function useEnter(): (session: Session, next: string | undefined) => void {
  const queryClient = useQueryClient()
  const router = useRouter()
  return (session, next) => {
    const address = basePath + ownPath(next)
    // Nothing of whoever was here before.
    queryClient.clear()
    setCsrfToken(session.csrf_token)
    queryClient.setQueryData(sessionQuery.queryKey, session)
    // Where applications ask to act in a user's name is a page of the server, not of the dashboard.
    if (ownPath(next).startsWith('/oauth/')) window.location.assign(address)
    else router.history.replace(address)
  }
}
