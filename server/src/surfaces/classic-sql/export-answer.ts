import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { finished } from 'node:stream/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ExportRequest } from '../../exports/exporter.ts'
import { getAdmission } from '../admit.ts'
import type { SurfaceContext } from '../surface.ts'
import type { ExportFormat, ExportInput, FormatParameters } from './format.ts'
import type { AnswerPlan } from './plan-answer.ts'
import { createResultWriter } from './result-writer.ts'
import { runPlan } from './run-plan.ts'

/** What is written to a file is written in pieces of this size. */
const pieceBytes = 64 * 1024
/** A client that takes nothing for so long keeps others from their exports. */
const idleClientMs = 30_000

/** Writes the rows into a file, has a converter make another one of it, and sends that. */
export async function exportAnswer(
  context: SurfaceContext,
  request: FastifyRequest,
  reply: FastifyReply,
  answer: {
    readonly parameters: FormatParameters
    readonly plan: AnswerPlan
    readonly format: ExportFormat
    readonly headers: Record<string, string>
  },
): Promise<FastifyReply> {
  const { principal, inFlight } = getAdmission(request)
  const input = answer.format.createInput(answer.parameters)
  const exported = await context.exporter.make({
    accountId: principal.accountId,
    signal: inFlight.signal,
    maxBytes: context.limits.maxResultBytes,
    prepare: writeRows(context, request, answer.plan, input),
  })
  const close = () => void exported.close()
  if (reply.raw.closed) {
    close()
    return reply
  }
  reply.raw.once('close', close)
  reply.raw.setTimeout(idleClientMs, () => reply.raw.destroy())
  return reply
    .headers({ ...answer.headers, 'content-length': exported.bytes })
    .send(exported.handle.createReadStream({ autoClose: false }))
}

/** Runs the statement into the file that the converter reads. Throws what ended the statement. */
function writeRows(
  context: SurfaceContext,
  request: FastifyRequest,
  plan: AnswerPlan,
  input: ExportInput,
): ExportRequest['prepare'] {
  const { maxResultRows, maxResultBytes } = context.limits
  return async (directory) => {
    const output = createWriteStream(join(directory, input.file), { mode: 0o600 })
    const written = finished(output)
    // It is waited for below; that it failed before is no news to the process.
    written.catch(() => {})
    const writer = createResultWriter({
      document: input.document,
      output,
      startOutput: () => {},
      keepBytes: pieceBytes,
      maxRows: maxResultRows,
      maxBytes: Math.min(maxResultBytes, input.maxBytes ?? maxResultBytes),
      monotonicNow: () => performance.now(),
    })
    const { tag, failure } = await runPlan(context, getAdmission(request), plan, writer)
    if (failure !== undefined) {
      output.destroy()
      throw failure
    }
    const whole = writer.finish(tag)
    if (whole !== undefined) output.end(whole)
    await written
    return input.prepare(directory)
  }
}
