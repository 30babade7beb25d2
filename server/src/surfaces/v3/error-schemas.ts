import { Type } from '@sinclair/typebox'

const V3Error = Type.Object({ error: Type.String(), status: Type.Integer() })

/** What addresses under /v3 that manage something can answer instead. */
export const errors = {
  400: V3Error,
  401: V3Error,
  403: V3Error,
  404: V3Error,
  409: V3Error,
  429: V3Error,
  503: V3Error,
}
