import { Type } from '@sinclair/typebox'
import { errorsOf, V3Error } from '../v3/error-schemas.ts'

const errors = errorsOf(V3Error)
const tags = ['Account']

const MasterOnData = Type.Boolean({
  description: 'False: the master key manages keys, and opens neither SQL nor Maps.',
})
const ShowOnce = Type.Boolean({
  description:
    'True: a token is told when it is made or regenerated, and kept in no form that could be shown again.',
})

const AccountSettings = Type.Object({
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  created_at: Type.String({ format: 'date-time' }),
  base_url: Type.String({ description: 'What addresses of the classic APIs begin with.' }),
  v3_url: Type.String({ description: 'What addresses under v3 begin with.' }),
  key_quota: Type.Object(
    {
      limit: Type.Union([Type.Integer(), Type.Null()], { description: 'Null for any number.' }),
      used: Type.Integer(),
    },
    { description: 'Regular API keys. The operator sets the limit.' },
  ),
  rate_limit: Type.Union([Type.Integer(), Type.Null()], {
    description:
      'Requests per second of each credential; 0 for no limit, null for what the server is set to. The operator sets it.',
  }),
  engine: Type.Boolean({
    description:
      'False: the Auth API is not there, and regular keys open nothing. The operator sets it.',
  }),
  master_on_data: MasterOnData,
  show_once: ShowOnce,
})

export const show = {
  tags,
  operationId: 'getAccount',
  summary: 'Show the settings of the account',
  response: { 200: AccountSettings, ...errors },
}

export const update = {
  tags,
  operationId: 'updateAccount',
  summary: 'Change settings of the account: what is not said stays',
  description:
    'Putting show_once on removes what is kept of the tokens that there are, for good. In a session it has to be confirmed first.',
  body: Type.Object({
    master_on_data: Type.Optional(MasterOnData),
    show_once: Type.Optional(ShowOnce),
  }),
  response: { 200: AccountSettings, ...errors },
}
