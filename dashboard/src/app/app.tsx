import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { useState } from 'react'
import { createQueryClient } from '../client/query-client.ts'
import { whenSignedOut } from '../client/send.ts'
import { sessionQuery } from '../client/session.ts'
import { ToastProvider } from '../ui/toast.tsx'
import { createAppRouter } from './router.tsx'

/** The dashboard: what it knows, where it is, and what it has to say. */
export function App() {
  const [{ queryClient, router }] = useState(start)
  return (
    <QueryClientProvider client={queryClient}>
      <ToastProvider>
        <RouterProvider router={router} />
      </ToastProvider>
    </QueryClientProvider>
  )
}

function start() {
  const queryClient = createQueryClient()
  const router = createAppRouter(queryClient)
  whenSignedOut(() => {
    // Whoever is not signed in is on a page that is there for everybody.
    if (!queryClient.getQueryData(sessionQuery.queryKey)) return
    queryClient.clear()
    queryClient.setQueryData(sessionQuery.queryKey, null)
    void router.invalidate()
  })
  return { queryClient, router }
}
