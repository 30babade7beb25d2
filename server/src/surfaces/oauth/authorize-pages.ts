import type { FastifyReply } from 'fastify'
import type { Scope } from '../../credential/manager.ts'
import type { PrincipalUser } from '../../credential/principal.ts'
import { authorizationParameters } from '../../policy/authorization-request.ts'
import { scopeMeanings, scopesWithin } from '../../policy/user-levels.ts'
import { type Html, html, sendPage } from './page.ts'

type Parameters = Readonly<Record<string, unknown>>

/** Says why nobody is sent anywhere: an application is unknown, or its address is not its own. */
export function sendRefusalPage(
  reply: FastifyReply,
  status: number,
  message: string,
): FastifyReply {
  return sendPage(reply, status, {
    title: 'This application cannot be let in',
    content: html`<p role="alert">${message}</p>
<p>Go back to where you came from, and tell whoever runs it.</p>`,
  })
}

/** Asks a user whether an application may do what it asks for, as far as it is theirs to give. */
export function sendConsentPage(
  reply: FastifyReply,
  page: {
    readonly action: string
    readonly parameters: Parameters
    readonly account: string
    readonly clientName: string
    readonly user: PrincipalUser
    readonly scopes: readonly Scope[]
    readonly redirectUri: string
    readonly csrfToken: string
  },
): FastifyReply {
  const { action, parameters, account, clientName, user, scopes, redirectUri, csrfToken } = page
  const given = scopesWithin(user.level, scopes)
  return sendPage(reply, 200, {
    title: `Let ${clientName} act in your name?`,
    goesTo: redirectUri,
    content: html`<p>You are ${user.name}, of the account ${account}. ${clientName} would be able to:</p>
<ul>${given.map((scope) => html`<li>${scopeMeanings[scope]}</li>`)}</ul>
<p>It answers at ${new URL(redirectUri).host}. It can do this for 30 days, or until you take it back.</p>
<form method="post" action="${action}">
${hiddenFields(parameters)}
<input type="hidden" name="csrf_token" value="${csrfToken}">
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Cancel</button>
</form>`,
  })
}

/** What was asked for goes along, to be read anew with the answer. */
function hiddenFields(parameters: Parameters): readonly Html[] {
  return authorizationParameters.flatMap((name) => {
    const value = parameters[name]
    return typeof value === 'string'
      ? [html`<input type="hidden" name="${name}" value="${value}">\n`]
      : []
  })
}
