import type { FastifyInstance } from 'fastify'
import { AccessError } from '../../errors.ts'

/** The contract counts the characters of the body as JSON, and calls them bytes. */
const maxPayloadLength = 16_384

/** Refuses what is too large for a job before anybody asks whose it is, as the contract has it. */
export function refuseLargePayloads(server: FastifyInstance): void {
  server.addHook('preValidation', async ({ body }) => {
    if (body === undefined || body === null) return
    const { length } = JSON.stringify(body)
    if (length <= maxPayloadLength) return
    throw new AccessError('batch_payload_too_large', {
      message: `Your payload is too large: ${length} bytes. Max size allowed is ${maxPayloadLength} bytes (16kb). Are you trying to import data?. Please, check out import api http://docs.cartodb.com/cartodb-platform/import-api/`,
    })
  })
}
