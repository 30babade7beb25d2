import { userLevels } from '../../credential/manager.ts'
import { levelRights, scopeMeanings } from '../../policy/user-levels.ts'

/** What users may do, by their level, in words and by scopes. */
export function presentLevels() {
  return {
    levels: userLevels.map((level) => {
      const { meaning, scopes } = levelRights[level]
      const meanings = scopes.map((scope) => ({ scope, meaning: scopeMeanings[scope] }))
      return { level, meaning, scopes: meanings }
    }),
  }
}
