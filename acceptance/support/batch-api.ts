import { expect } from 'vitest'
import type { Postern } from './postern.ts'
import { type Answer, basic, send } from './requests.ts'

/** One query of a job, as an answer shows it. */
export type Query = {
  readonly query: string
  readonly status: string
  readonly fallback_status?: string
  readonly started_at?: string
  readonly ended_at?: string
  readonly failed_reason?: string
}

/** A job as an answer shows it. */
export type Job = {
  readonly user: string
  readonly query: string | readonly Query[] | { readonly query: readonly Query[] }
  readonly job_id: string
  readonly created_at: string
  readonly updated_at: string
  readonly status: string
  readonly fallback_status?: string
  readonly failed_reason?: string
}

/** The Batch API, as one client with one token sees it. */
export type BatchApi = {
  create(body: unknown): Promise<Answer>
  show(id: string): Promise<Answer>
  list(): Promise<Answer>
  update(id: string, body: unknown): Promise<Answer>
  cancel(id: string): Promise<Answer>
  /** Creates a job that is expected to be accepted. */
  created(query: unknown): Promise<Job>
  /** The job once it is in one of these states; by default, when it has ended. */
  reaches(id: string, ...states: string[]): Promise<Job>
}

const ends = ['done', 'failed', 'cancelled']

/** A client of an account's jobs; without a token it sends none. */
export function batchApi(
  { url }: Pick<Postern, 'url'>,
  account: string,
  token?: string,
  collection = `${url}/user/${account}/api/v2/sql/job`,
): BatchApi {
  const call = (method: string, path: string, body?: unknown) =>
    send(`${collection}${path}`, {
      method,
      headers: {
        ...(token !== undefined && basic(account, token)),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  const api: BatchApi = {
    create: (body) => call('POST', '', body),
    show: (id) => call('GET', `/${id}`),
    list: () => call('GET', ''),
    update: (id, body) => call('PUT', `/${id}`, body),
    cancel: (id) => call('DELETE', `/${id}`),
    async created(query) {
      const answer = await api.create({ query })
      expect(answer.status, answer.text).toBe(201)
      return answer.json<Job>()
    },
    async reaches(id, ...states) {
      const wanted = states.length > 0 ? states : ends
      let job: Job | undefined
      await expect
        .poll(
          async () => {
            const answer = await api.show(id)
            expect(answer.status, answer.text).toBe(200)
            job = answer.json<Job>()
            return job.status
          },
          { timeout: 60_000, interval: 100 },
        )
        .toSatisfy((status: string) => wanted.includes(status))
      if (job === undefined) throw new Error('The job was never looked at.')
      return job
    },
  }
  return api
}

/** The queries of a job that was sent as a list or with fallbacks. */
export function queriesOf({ query }: Job): readonly Query[] {
  if (typeof query === 'string') throw new Error('The job is one text.')
  return 'query' in query ? query.query : query
}

/** Refused in the one shape of the SQL API, and in exactly these words. */
export function expectRefusal(answer: Answer, status: number, sentence: string): void {
  expect(`${answer.status} ${answer.text}`).toBe(
    `${status} ${JSON.stringify({ error: [sentence] })}`,
  )
}
