import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

/** One thing that openapi.yaml says can be asked for, and the names of what can be said with it. */
export type OpenapiOperation = {
  readonly operationId: string
  readonly method: string
  /** With the names of its parameters in braces. */
  readonly path: string
  readonly pathParameters: readonly string[]
  readonly queryParameters: readonly string[]
  /** Members of the body; empty where it has none that are known by name. */
  readonly bodyMembers: readonly string[]
  /** Uploads have bodies that are not described by members. */
  readonly takesBody: boolean
  readonly needsCredential: boolean
  /** Whether it answers people, with pages, and not programs. */
  readonly answersPages: boolean
}

type Described = {
  readonly operationId: string
  /** Empty where none is asked for. */
  readonly security?: readonly unknown[]
  readonly parameters?: readonly { readonly in: string; readonly name: string }[]
  readonly responses?: Readonly<Record<string, { readonly content?: Record<string, unknown> }>>
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { schema?: { properties?: object } }>>
  }
}

/** Reads every operation of openapi.yaml. */
export function readOpenapiOperations(): OpenapiOperation[] {
  const file = readFileSync(new URL('../../openapi.yaml', import.meta.url), 'utf8')
  const { paths } = parse(file) as { paths: Record<string, Record<string, Described>> }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, { operationId, security, parameters = [], requestBody, responses = {} }]) => {
        const named = (place: string) =>
          parameters.filter((parameter) => parameter.in === place).map(({ name }) => name)
        return {
          operationId,
          method: method.toUpperCase(),
          path,
          pathParameters: named('path'),
          queryParameters: named('query'),
          bodyMembers: Object.values(requestBody?.content ?? {}).flatMap(({ schema }) =>
            Object.keys(schema?.properties ?? {}),
          ),
          takesBody: ['POST', 'PUT', 'PATCH'].includes(method.toUpperCase()),
          needsCredential: security?.length !== 0,
          answersPages: Object.values(responses).some(({ content }) => content?.['text/html']),
        }
      },
    ),
  )
}
