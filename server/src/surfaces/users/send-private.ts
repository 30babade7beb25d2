import type { FastifyReply } from 'fastify'

/** Sends JSON that no cache may keep: it depends on who asks, and may hold what is shown once. */
export function sendPrivate(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return reply
    .code(status)
    .headers({ 'cache-control': 'no-store', vary: 'Authorization, Cookie' })
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(body))
}
