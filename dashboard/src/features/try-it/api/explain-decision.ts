import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'

type Operation = paths['/v3/decisions']['post']
export type DecisionRequest = NonNullable<Operation['requestBody']>['content']['application/json']
export type Explanation = Operation['responses'][200]['content']['application/json']
export type Lack = Explanation['missing'][number]

/** Why a request is refused, and what a credential that is made for it has to be granted. */
export function explainDecision(asked: DecisionRequest): Promise<Explanation> {
  return dataOf(api.POST('/v3/decisions', { body: asked }))
}
