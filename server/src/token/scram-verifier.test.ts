import { describe, expect, it } from 'vitest'
import { scramVerifier } from './scram-verifier.ts'

describe('scramVerifier', () => {
  it('derives the keys of the example in RFC 7677, section 3', async () => {
    const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
    const verifier = await scramVerifier('pencil', () => salt)
    // The keys that open the RFC's exchange: its proof and server signature verify against them.
    expect(verifier).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    )
  })

  it('does not contain the password', async () => {
    const verifier = await scramVerifier('correct-horse', (size) => new Uint8Array(size))
    expect(verifier).not.toContain('correct-horse')
  })

  it('refuses a password that two sides could normalise differently', async () => {
    await expect(scramVerifier('naïve', (size) => new Uint8Array(size))).rejects.toThrow('ASCII')
  })
})
