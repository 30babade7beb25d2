import { sendRaw } from './raw-request.ts'
import { type Answer, basic } from './requests.ts'

/** What is asked for, whichever way the account is named. */
export type Asked = {
  readonly method?: string
  /** As it stands at the root of an account: `/api/v2/sql`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** Undefined: no key is sent. */
  readonly token?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** One way to say whose account a request is about, with the place where its key then stands. */
export type AccountAddress = {
  readonly name: string
  ask(port: number, account: string, asked: Asked): Promise<Answer>
}

/** The three ways that the classic clients know. */
export const accountAddresses: readonly AccountAddress[] = [
  {
    name: 'under /user/NAME, the key in the query',
    ask: (port, account, { path, ...asked }) =>
      sendAsked(port, { ...withKeyInQuery(asked), path: `/user/${account}${path}` }),
  },
  {
    name: 'on a subdomain, the key in the query',
    ask: (port, account, asked) =>
      sendAsked(port, {
        ...withKeyInQuery(asked),
        headers: { ...asked.headers, host: `${account}.localhost:${port}` },
      }),
  },
  {
    name: 'by the user name of Basic',
    ask: (port, account, { token = '', ...asked }) =>
      sendAsked(port, { ...asked, headers: { ...asked.headers, ...basic(account, token) } }),
  },
]

function withKeyInQuery<T extends Omit<Asked, 'path'>>({ token, ...asked }: T) {
  return token === undefined ? asked : { ...asked, query: { ...asked.query, api_key: token } }
}

function sendAsked(
  port: number,
  { method = 'GET', path, query = {}, headers = {}, body }: Asked,
): Promise<Answer> {
  const search = new URLSearchParams(query).toString()
  return sendRaw(port, {
    method,
    path: search === '' ? path : `${path}?${search}`,
    headers: Object.entries(headers).flat(),
    ...(body !== undefined && { body }),
  })
}
