import { runAsOwner } from '../support/populate-account.ts'
import type { AccountCredentials, Postern } from '../support/postern.ts'
import type { Question } from './questions.ts'
import { askServer, calculateLocally, type Operator, type WidgetData } from './widget-data.ts'

/** A question that was answered by the server and by others. */
export type Comparison = {
  readonly question: Question
  readonly comparedWith: readonly ('client' | 'SQL')[]
  /** Empty when all agree. */
  readonly differences: readonly string[]
}

const atATime = 4

/** Asks the server every question, and the client or the database the same. */
export async function compareAnswers(
  postern: Postern,
  account: AccountCredentials,
  data: WidgetData,
  questions: readonly Question[],
): Promise<Comparison[]> {
  const servers = new Map<Operator, ReturnType<typeof askServer>>(
    (['and', 'or'] as const).map((operator) => [operator, askServer(account, data, operator)]),
  )
  const locals = new Map<string, ReturnType<typeof calculateLocally>>()
  const sqlAnswers = await askPlainly(postern, account, questions)

  async function compare(question: Question): Promise<Comparison> {
    const { operator = 'and', polygon, isLocal, ask, read } = question
    const differences: string[] = []
    const answer = await ask(servers.get(operator) as never, polygon).then(
      (given) => ({ read: read(given) }),
      (error: unknown) => ({ error: String(error) }),
    )
    const expect = (by: string, expected: unknown) => {
      if ('error' in answer) differences.push(answer.error)
      else if (!isAlike(answer.read, expected)) {
        differences.push(`${show(answer.read)}, but by the ${by} ${show(expected)}`)
      }
    }
    if (isLocal) {
      const key = JSON.stringify([operator, polygon])
      const local = locals.get(key) ?? calculateLocally(data, operator, polygon)
      locals.set(key, local)
      expect('client', read(await ask(local.widgets, local.spatialFilter)))
    }
    const plain = sqlAnswers.get(question)
    if (plain !== undefined) {
      // Straightforward SQL says nothing of the order of categories.
      const isSorted = question.model !== 'category'
      const sorted = (rows: unknown) => (isSorted || !Array.isArray(rows) ? rows : inOrder(rows))
      if ('error' in answer) differences.push(answer.error)
      else if (!isAlike(sorted(answer.read), sorted(read(plain)))) {
        differences.push(`${show(answer.read)}, but by SQL ${show(read(plain))}`)
      }
    }
    return {
      question,
      comparedWith: [
        ...(isLocal ? (['client'] as const) : []),
        ...(plain === undefined ? [] : (['SQL'] as const)),
      ],
      differences,
    }
  }

  const compared: Comparison[] = []
  for (let at = 0; at < questions.length; at += atATime) {
    compared.push(...(await Promise.all(questions.slice(at, at + atATime).map(compare))))
  }
  return compared
}

const questionsPerStatement = 50

/** Asks the database all that SQL has words for. */
async function askPlainly(
  postern: Postern,
  account: AccountCredentials,
  questions: readonly Question[],
): Promise<Map<Question, unknown>> {
  const asked = questions.filter(({ sql }) => sql !== undefined)
  const answers = new Map<Question, unknown>()
  for (let at = 0; at < asked.length; at += questionsPerStatement) {
    const some = asked.slice(at, at + questionsPerStatement)
    const parts = some.map(({ sql }) => `(select coalesce(json_agg(r), '[]') from (${sql}) as r)`)
    const [row = {}] = await runAsOwner(
      postern,
      account,
      `select json_build_array(${parts.join(', ')}) as answers`,
    )
    some.forEach((question, index) => {
      answers.set(question, (row.answers as unknown[])[index])
    })
  }
  return answers
}

/** Alike but for the last digits of numbers. */
function isAlike(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') {
    return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b))
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => isAlike(item, b[index]))
  }
  return a === b
}

function inOrder(rows: readonly unknown[]): unknown[] {
  return [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

function show(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 300 ? `${text.slice(0, 300)}...` : text
}
