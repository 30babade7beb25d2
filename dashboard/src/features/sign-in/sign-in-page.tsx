import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiError } from '../../client/api-error.ts'
import { type Credentials, createSession } from './api/create-session.ts'
import { useSignInWays } from './api/use-sign-in-ways.ts'
import { CodeForm } from './code-form.tsx'
import { Door } from './door.tsx'
import { ownPath } from './own-path.ts'
import { PasswordForm } from './password-form.tsx'
import { Refusal } from './refusal.tsx'
import { leaveToSignOn, sentenceOfSignOn } from './sign-on.ts'
import { useEnter } from './use-enter.ts'
import { useWait } from './use-wait.ts'

/**
 * The way in: a password, and a code where the server asks for one. Between the two nobody is signed
 * in; the password waits here and is sent once more with the code.
 */
export function SignInPage() {
  const { next, account = '', refusal: code } = useSearch({ from: '/sign-in' })
  const { oidc } = useSignInWays()
  const [given, setGiven] = useState<Credentials>({ account, user: '', password: '' })
  const [needsCode, setNeedsCode] = useState(false)
  const [refusal, setRefusal] = useState<unknown>(() => code && new Error(sentenceOfSignOn(code)))
  const waitSeconds = useWait(refusal)
  const enter = useEnter()
  const attempt = async (credentials: Credentials) => {
    setRefusal(undefined)
    try {
      enter(await createSession(credentials), next)
    } catch (error) {
      const isNeeded = error instanceof ApiError && error.code === 'second_factor_needed'
      setNeedsCode((before) => before || isNeeded)
      setGiven(credentials)
      if (!isNeeded) setRefusal(error)
    }
  }
  const step = {
    isBlocked: waitSeconds > 0,
    refusal: <Refusal error={refusal} waitSeconds={waitSeconds} />,
  }
  if (needsCode) {
    return (
      <Door title="Enter a code">
        <CodeForm
          {...step}
          onSubmit={(code) => attempt({ ...given, code })}
          onBack={() => {
            setNeedsCode(false)
            setRefusal(undefined)
            setGiven({ ...given, password: '' })
          }}
        />
      </Door>
    )
  }
  return (
    <Door title="Sign in to Postern">
      {ownPath(next).startsWith('/oauth/') && (
        <p>An application asks to act in your name. Sign in to see what it wants.</p>
      )}
      <PasswordForm
        {...step}
        given={given}
        onSubmit={attempt}
        {...(oidc && { onSignOn: (wanted) => leaveToSignOn(wanted, next) })}
      />
    </Door>
  )
}
