import { getActivity } from '../../commands/get-activity.ts'
import { AccessError } from '../../errors.ts'
import { isStorableText } from '../../policy/storable-text.ts'
import { getManager } from '../manage.ts'
import type { Surface } from '../surface.ts'
import { readStretch, type Stretch } from '../usage/read-stretch.ts'
import { findText, type Parameters, readParameters } from '../v3/read-parameters.ts'
import { presentActivity } from './present-activity.ts'
import * as schema from './schema.ts'

/** Of many credentials, hours of many days are more than anybody looks at. */
const maxHoursMs = 8 * 24 * 3_600_000

/** How much an account's credentials are used, for all of its users. */
export const activityV3: Surface = (server, { commands }) => {
  server.get('/v3/activity', { schema: schema.show }, async (request, reply) => {
    const manager = getManager(request, 'read:activity')
    const names = ['granularity', 'from', 'to', 'credential', 'api']
    const parameters = readParameters(request, names)
    const stretch = readStretch(parameters, commands.now())
    mustBeShort(stretch)
    const credential = readName(parameters, 'credential')
    const api = readName(parameters, 'api')
    const activity = await getActivity(commands, manager, {
      ...stretch,
      ...(credential !== undefined && { credential }),
      ...(api !== undefined && { api }),
    })
    return reply
      .headers({ 'cache-control': 'no-store', vary: 'Authorization, Cookie' })
      .type('application/json; charset=utf-8')
      .send(JSON.stringify(presentActivity(activity, stretch)))
  })
}

function mustBeShort({ granularity, from, to }: Stretch): void {
  if (granularity === 'day' || to.getTime() - from.getTime() <= maxHoursMs) return
  throw new AccessError('invalid_parameter', {
    message: 'Hours are told for at most 8 days: ask for granularity=day.',
  })
}

/** A name that nobody has has no activity; one that cannot be stored is no name. */
function readName(parameters: Parameters, name: string): string | undefined {
  const text = findText(parameters, name)
  if (text === undefined || isStorableText(text)) return text
  throw new AccessError('invalid_parameter', { message: `The parameter "${name}" is no name.` })
}
