import { performance } from 'node:perf_hooks'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AccessError } from '../../errors.ts'
import { findRemainingQuota } from '../../warehouse/find-remaining-quota.ts'
import { getAdmission } from '../admit.ts'
import { identityHeaders } from '../classic-sql/answer-headers.ts'
import { databaseError } from '../classic-sql/database-error.ts'
import { runOptionsFor } from '../classic-sql/run-plan.ts'
import { allowSlowBody, dropRestOfBody } from '../raw-bodies.ts'
import type { SurfaceContext } from '../surface.ts'
import { readCopyStatement } from './read-copy-statement.ts'
import { isGzipped, readUpload, tooLarge } from './read-upload.ts'

/** How long a client may send nothing: it holds a session meanwhile. */
const maxSilenceMs = 60_000
/** For so long what a client still sends is dropped, so that it comes to read why. */
const dropMs = 15_000

/** `POST /sql/copyfrom?q=`: the body, whatever its type, is the data of one COPY FROM STDIN. */
export async function copyFrom(
  context: SurfaceContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { raw } = request
  try {
    const answer = await upload(context, request, reply)
    return reply.type('application/json; charset=utf-8').send(JSON.stringify(answer))
  } finally {
    dropRestOfBody(raw, dropMs)
  }
}

async function upload(
  context: SurfaceContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<{ time: number; total_rows: number }> {
  const startedAt = performance.now()
  const { raw } = request
  const { q, client } = request.query as Record<string, unknown>
  const admission = getAdmission(request)
  const { principal } = admission
  reply.headers({
    ...identityHeaders(principal, context.nodeName, client),
    vary: 'Authorization',
    'cache-control': 'private, no-cache',
  })
  const { text, writes } = readCopyStatement(principal, 'from', q)
  const { maxUploadBytes: maxBytes, copyTimeoutMs } = context.limits
  isGzipped(raw)
  if (Number(raw.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const options = runOptionsFor(context, admission)
  const quotaBytes = await context.warehouse.run({ ...options, lane: 'own' }, findRemainingQuota)
  if (quotaBytes <= 0) throw new AccessError('quota_exceeded')
  allowSlowBody(raw)
  const { tag } = await context.copies
    .run({ ...options, deadlineMs: copyTimeoutMs, lane: 'caller', writes }, (session) =>
      session.copyIn(text, readUpload(raw, { maxBytes, quotaBytes, maxSilenceMs }), {}),
    )
    .catch((error: unknown) => {
      throw databaseError(error, principal)
    })
  const rows = Number(/^COPY (\d+)$/.exec(tag)?.[1] ?? 0)
  if (rows === 0) throw new AccessError('no_rows_copied')
  return { time: Math.round(performance.now() - startedAt) / 1000, total_rows: rows }
}
