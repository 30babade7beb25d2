import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

export const matrixApis = ['sql', 'maps', 'keys'] as const
export type MatrixApi = (typeof matrixApis)[number]

/** A credential of the matrix, and what its key is granted when it has one. */
export type MatrixCredential = {
  readonly called: string
  readonly apis?: readonly string[]
  readonly tables?: Readonly<Record<string, readonly string[]>>
  readonly create?: readonly string[]
}

/** Something that can be asked for. */
export type MatrixRow = {
  readonly ask: string
  readonly sql: readonly string[]
  readonly table: string
  readonly request: string
  readonly body: object | undefined
  /** What the owner runs first, each time. */
  readonly given: readonly string[]
  readonly throughEveryEntrance: boolean
}

/** What one credential gets when it asks for one row. */
export type MatrixAnswer = {
  readonly row: MatrixRow
  readonly credential: string
  readonly status: number
  /** The sentence that a refusal comes with; undefined when only the status is promised. */
  readonly text: string | undefined
  /** Decided before it was looked at what is asked. */
  readonly atTheDoor: boolean
  /** `reader may not delete: 403 permission denied for table private_points` */
  sentence(details: string): string
}

export type Matrix = {
  readonly credentials: ReadonlyMap<string, MatrixCredential>
  readonly answers: Readonly<Record<MatrixApi, readonly MatrixAnswer[]>>
}

/** Answers by what they say, such as `403 forbidden`, and who gets them. */
type Answers = Readonly<Record<string, readonly string[] | 'everybody' | 'the rest'>>

type File = Readonly<Record<MatrixApi, readonly Readonly<Record<string, unknown>>[]>> & {
  readonly credentials: Readonly<Record<string, MatrixCredential>>
  readonly doors: Readonly<Record<MatrixApi, Answers>>
}

/** Reads a matrix. Throws when it does not say who gets what, or names somebody it does not know. */
export function readMatrix(url: URL): Matrix {
  const { credentials, doors, ...rows } = parse(readFileSync(url, 'utf8')) as File
  const names = Object.keys(credentials)

  function findAnswer(answers: Answers, credential: string): string | undefined {
    const named = Object.entries(answers).filter(([, whom]) => typeof whom !== 'string')
    const stranger = named.flatMap(([, whom]) => whom).find((name) => !names.includes(name))
    if (stranger !== undefined) throw new Error(`There is no credential called ${stranger}.`)
    return named.find(([, whom]) => whom.includes(credential))?.[0]
  }

  const answersOf = (api: MatrixApi) =>
    rows[api].flatMap((fields) => {
      const { ask, sql, table, request, body, given, through, ...rest } = fields
      const answers = rest as Answers
      const row: MatrixRow = {
        ask: String(ask),
        sql: [sql ?? ''].flat() as string[],
        table: String(table),
        request: String(request),
        body: body as object | undefined,
        given: [given ?? []].flat() as string[],
        throughEveryEntrance: through === 'every entrance',
      }
      return names.map((credential): MatrixAnswer => {
        const door = findAnswer(doors[api], credential)
        const answer =
          door ??
          findAnswer(answers, credential) ??
          Object.keys(answers).find((key) => typeof answers[key] === 'string')
        if (answer === undefined) throw new Error(`What does ${credential} get? ${row.ask}`)
        const [status = '', text] = answer.split(/ (.*)/s)
        const isAllowed = Number(status) < 300
        const start = `${credentials[credential]?.called} may${isAllowed ? '' : ' not'} ${row.ask}`
        return {
          row,
          credential,
          status: Number(status),
          text,
          atTheDoor: door !== undefined,
          sentence: (details) => `${start}${details}${isAllowed ? '' : `: ${answer}`}`,
        }
      })
    })

  return {
    credentials: new Map(Object.entries(credentials)),
    answers: { sql: answersOf('sql'), maps: answersOf('maps'), keys: answersOf('keys') },
  }
}
