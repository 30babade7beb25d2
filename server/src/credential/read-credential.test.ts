import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AccessError } from '../errors.ts'
import { type Credential, readCredential } from './read-credential.ts'

type Sent = {
  readonly authorization?: readonly string[]
  readonly query?: unknown
  readonly body?: unknown
  readonly cookie?: string
}

const read = ({ authorization = [], query = {}, body, cookie }: Sent) =>
  readCredential({ authorization, query, body, cookie })

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64')
const basic = (text: string) => ({ authorization: [`Basic ${base64(text)}`] })

const inBasic = (basicUser: string, token: string): Credential => ({
  token,
  place: 'basic',
  basicUser,
})
const inBearer = (token: string): Credential => ({ token, place: 'bearer', basicUser: undefined })
const inQuery = (token: string): Credential => ({ token, place: 'query', basicUser: undefined })
const inCookie = (token: string): Credential => ({ token, place: 'cookie', basicUser: undefined })
const inBody = (token: string): Credential => ({ token, place: 'body', basicUser: undefined })

describe('a credential is read from', () => {
  it.each<[what: string, sent: Sent, credential: Credential | undefined]>([
    ['nothing', {}, undefined],
    ['a body that is no object', { body: 'api_key=t' }, undefined],
    ['a body that is a list', { body: [{ api_key: 't' }] }, undefined],
    ['other parameters', { query: { key: 't', API_KEY: 't', token: 't' } }, undefined],

    ['Basic', basic('demo:t'), inBasic('demo', 't')],
    ['Basic in lower case', { authorization: [`basic ${base64('demo:t')}`] }, inBasic('demo', 't')],
    ['Basic in upper case', { authorization: [`BASIC ${base64('demo:t')}`] }, inBasic('demo', 't')],
    ['Basic unpadded', { authorization: ['Basic ZGVtbzp0dA'] }, inBasic('demo', 'tt')],
    ['Basic without a token', basic('demo:'), inBasic('demo', '')],
    ['Basic without a name', basic(':t'), inBasic('', 't')],
    ['Basic with neither', basic(':'), inBasic('', '')],
    ['Basic with colons in the token', basic('demo:a:b:'), inBasic('demo', 'a:b:')],
    ['Basic with characters beyond ASCII', basic('démo:ключ'), inBasic('démo', 'ключ')],
    ['Basic with spaces around it', { authorization: ['Basic   OnQ=  '] }, inBasic('', 't')],

    ['Bearer', { authorization: ['Bearer t'] }, inBearer('t')],
    ['Bearer in lower case', { authorization: ['bearer t'] }, inBearer('t')],

    ['a cookie, when there is nothing else', { cookie: 't' }, inCookie('t')],
    ['Bearer, and not a cookie', { authorization: ['Bearer t'], cookie: 'u' }, inBearer('t')],
    ['an empty Basic, and not a cookie', { ...basic('demo:'), cookie: 'u' }, inBasic('demo', '')],
    ['the query, and not a cookie', { query: { api_key: 't' }, cookie: 'u' }, inQuery('t')],
    ['the body, and not a cookie', { body: { api_key: 't' }, cookie: 'u' }, inBody('t')],

    ['the query', { query: { api_key: 't' } }, inQuery('t')],
    ['the query, as map_key', { query: { map_key: 't' } }, inQuery('t')],
    ['the query, as access_token', { query: { access_token: 't' } }, inQuery('t')],
    ['the query, as api_key[]', { query: { 'api_key[]': 't' } }, inQuery('t')],
    ['the query, twice', { query: { api_key: ['t', 't'] } }, inQuery('not-a-token')],
    [
      'the query, as api_key[] twice',
      { query: { 'api_key[]': ['t', 'u'] } },
      inQuery('not-a-token'),
    ],

    ['the body', { body: { api_key: 't' } }, inBody('t')],
    ['the body, as map_key', { body: { map_key: 't' } }, inBody('t')],
    ['the body, as a number', { body: { api_key: 1234 } }, inBody('1234')],
    ['the body, as a list of one', { body: { api_key: ['t'] } }, inBody('t')],
    ['the body, as a list of two', { body: { api_key: ['t', 'u'] } }, inBody('not-a-token')],
    ['the body, as an empty list', { body: { api_key: [] } }, inBody('not-a-token')],
    ['the body, as an object', { body: { api_key: { t: 1 } } }, inBody('not-a-token')],
    ['the body, as a truth value', { body: { api_key: true } }, inBody('not-a-token')],

    ['an empty parameter', { query: { api_key: '' }, body: { api_key: null } }, undefined],
    ['what an object inherits', { query: Object.create({ api_key: 't' }) }, undefined],
  ])('%s', (_, sent, credential) => {
    expect(read(sent)).toEqual(credential)
  })
})

describe('of several credentials', () => {
  const query = { api_key: 'q' }
  const body = { api_key: 'b' }

  it.each<[what: string, sent: Sent, credential: Credential]>([
    ['Basic beats query and body', { ...basic('demo:t'), query, body }, inBasic('demo', 't')],
    [
      'Basic without a token still beats them',
      { ...basic('demo:'), query, body },
      inBasic('demo', ''),
    ],
    ['Bearer beats query and body', { authorization: ['Bearer t'], query, body }, inBearer('t')],
    ['the query beats the body', { query, body }, inQuery('q')],
    ['any name in the query beats the body', { query: { access_token: 'q' }, body }, inQuery('q')],
    ['an empty one in the query does not', { query: { api_key: '' }, body }, inBody('b')],
    ['api_key beats map_key', { query: { map_key: 'm', api_key: 'a' } }, inQuery('a')],
    ['map_key beats access_token', { body: { access_token: 'a', map_key: 'm' } }, inBody('m')],
    [
      'an empty api_key does not beat map_key',
      { query: { api_key: '', map_key: 'm' } },
      inQuery('m'),
    ],
  ])('%s', (_, sent, credential) => {
    expect(read(sent)).toEqual(credential)
  })
})

describe('an Authorization header is refused, never overlooked, when', () => {
  it.each<[what: string, header: string]>([
    ['it is empty', ''],
    ['it is a scheme alone', 'Basic'],
    ['it is a scheme and a space', 'Bearer '],
    ['its scheme is another', `Basicss ${base64('demo:t')}`],
    ['its scheme is another one still', `Digest username="demo", response="t"`],
    ['it is OAuth 1.0a', 'OAuth oauth_consumer_key="k", oauth_signature="s"'],
    ['it is a token without a scheme', 't'],
    ['Basic has no colon', `Basic ${base64('demo')}`],
    ['Basic is not Base64', 'Basic demo:t'],
    ['Basic is the other Base64', 'Basic Pz8_Og=='],
    ['Basic has a foreign character inside', 'Basic ZGVt!bzp0'],
    ['Basic has padding inside', 'Basic ZGVtbzo=dA=='],
    ['Basic was cut off within a byte', 'Basic ZGVtbzp0d'],
    ['Basic is not UTF-8', `Basic ${base64(Buffer.from([0x3a, 0xff]))}`],
    ['two are joined in one', `Basic ${base64('a:t')}, Basic ${base64('b:t')}`],
    ['Bearer holds two words', 'Bearer a b'],
    ['a tab takes the place of the space', `Basic\t${base64('demo:t')}`],
  ])('%s', (_, header) => {
    const sent = { authorization: [header], query: { api_key: 't' }, body: { api_key: 't' } }
    expect(() => read(sent)).toThrow(
      expect.objectContaining({ code: 'malformed_authorization', status: 401 }),
    )
  })

  it('there are two, even when they say the same', () => {
    const [header = ''] = basic('demo:t').authorization
    for (const authorization of [
      [header, header],
      ['', header],
      [header, 'Bearer t'],
    ]) {
      expect(() => read({ authorization })).toThrow(
        expect.objectContaining({ code: 'malformed_authorization' }),
      )
    }
  })
})

describe('whatever is sent', () => {
  const header = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string().map((text) => `Basic ${text}`),
    fc.string({ unit: 'binary' }).map((text) => `Basic ${base64(text)}`),
    fc.base64String().map((text) => `bearer ${text}`),
  )
  const parameters = fc.oneof(
    fc.anything(),
    fc.record({ api_key: fc.anything(), map_key: fc.anything() }, { requiredKeys: [] }),
  )

  it('gives a token, nothing, or a refusal', () => {
    fc.assert(
      fc.property(fc.array(header, { maxLength: 2 }), parameters, parameters, (a, query, body) => {
        try {
          const credential = readCredential({ authorization: a, query, body })
          expect(typeof (credential?.token ?? '')).toBe('string')
          // A header that was there was used.
          if (a.length > 0) expect(['basic', 'bearer']).toContain(credential?.place)
        } catch (error) {
          expect(error).toBeInstanceOf(AccessError)
          expect(a.length).toBeGreaterThan(0)
        }
      }),
    )
  })

  it('Basic gives back exactly what was put in', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(text, text, (user, token) => {
        fc.pre(!user.includes(':'))
        expect(read(basic(`${user}:${token}`))).toEqual(inBasic(user, token))
      }),
      { examples: [['\uFEFFdemo', 't']] },
    )
  })

  it('is one credential: whatever comes later lends nothing to what came first', () => {
    fc.assert(
      fc.property(fc.array(header, { maxLength: 1 }), parameters, parameters, (a, query, body) => {
        const outcome = (sent: Sent) => {
          try {
            return { credential: read(sent) }
          } catch (error) {
            expect(error).toBeInstanceOf(AccessError)
            return { refused: true }
          }
        }
        const whole = outcome({ authorization: a, query, body })
        const [first] = [
          ...(a.length > 0 ? [outcome({ authorization: a })] : []),
          ...[{ query }, { body }]
            .map(outcome)
            .filter(({ credential }) => credential !== undefined),
        ]
        expect(whole).toEqual(first ?? { credential: undefined })
      }),
    )
  })
})
