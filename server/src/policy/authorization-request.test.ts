import { describe, expect, it, test } from 'vitest'
import {
  answerAddress,
  findRedirectUri,
  parseAuthorizationRequest,
} from './authorization-request.ts'

const back = 'https://maps.example.com/back'
const client = {
  redirectUris: [back, 'http://127.0.0.1:8765/'],
  scopes: ['read:tokens', 'write:tokens'] as const,
}
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const good = {
  response_type: 'code',
  client_id: 'x',
  redirect_uri: back,
  scope: 'read:tokens',
  state: 'a state',
  code_challenge: challenge,
  code_challenge_method: 'S256',
}
const parse = (changes: Record<string, unknown> = {}) =>
  parseAuthorizationRequest({ ...good, ...changes }, back, client)

describe('an address to go back to', () => {
  it('is a registered one, character by character', () => {
    expect(findRedirectUri(good, client)).toBe(back)
    for (const redirect_uri of [
      undefined,
      '',
      [back],
      `${back}/`,
      `${back}?a=1`,
      `${back}#a`,
      'https://maps.example.com/back/../evil',
      'https://MAPS.example.com/back',
      'https://maps.example.com.evil.example/back',
      'https://maps.example.com:443/back',
      'http://127.0.0.1:8766/',
      'http://maps.example.com/back',
    ]) {
      expect(findRedirectUri({ redirect_uri }, client), String(redirect_uri)).toBeUndefined()
    }
  })

  it('keeps what it says itself', () => {
    expect(answerAddress(`${back}?a=1`, { code: 'x y', state: undefined, iss: 'http://h/p' })).toBe(
      `${back}?a=1&code=x+y&iss=http%3A%2F%2Fh%2Fp`,
    )
  })
})

test('a request says what is wanted, and without a scope all that the client may have', () => {
  expect(parse({ nonce: 'whatever' })).toEqual({
    ok: true,
    request: {
      redirectUri: back,
      scopes: ['read:tokens'],
      codeChallenge: challenge,
      state: 'a state',
    },
  })
  expect(parse({ scope: undefined })).toMatchObject({ request: { scopes: client.scopes } })
  expect(parse({ scope: ' write:tokens  write:tokens ' })).toMatchObject({
    request: { scopes: ['write:tokens'] },
  })
})

test.each([
  ['unsupported_response_type', { response_type: 'token' }],
  ['unsupported_response_type', { response_type: undefined }],
  ['unsupported_response_type', { response_type: 'code id_token' }],
  ['invalid_request', { response_type: ['code', 'code'] }],
  ['invalid_request', { code_challenge: undefined }],
  ['invalid_request', { code_challenge: '' }],
  ['invalid_request', { code_challenge: `${challenge}=` }],
  ['invalid_request', { code_challenge: 'x'.repeat(128) }],
  ['invalid_request', { code_challenge_method: undefined }],
  ['invalid_request', { code_challenge_method: 'plain' }],
  ['invalid_request', { code_challenge_method: 's256' }],
  ['invalid_request', { state: { a: 1 } }],
  ['invalid_request', { state: 'a\0' }],
  ['invalid_scope', { scope: 'read:users' }],
  ['invalid_scope', { scope: 'read:tokens read:users' }],
  ['invalid_scope', { scope: 'openid' }],
  ['invalid_scope', { scope: 'toString' }],
] as const)('%s is what %j gets', (error, changes) => {
  expect(parse(changes)).toMatchObject({ ok: false, refusal: { error } })
})

test('a refusal carries the state, where there is one', () => {
  expect(parse({ scope: 'x' })).toHaveProperty('state', 'a state')
  expect(parse({ scope: 'x', state: undefined })).not.toHaveProperty('state')
})
