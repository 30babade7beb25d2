import type { Session } from './session.ts'
import type { SessionKey } from './sessions.ts'

/** What a column's type is called, and, for an array, what its elements are. */
export type TypeName = {
  readonly name: string
  /** An account has made it: its name means nothing. */
  readonly isCustom?: true
  readonly elementOid: number | undefined
  /** What stands between values of this type in an array; undefined: a comma. */
  readonly delimiter?: string
}

/** Type names of one database by OID. */
export type TypeCatalogue = ReadonlyMap<number, TypeName>

/**
 * Reads every type's name. Types are visible to every role, and extension types have other OIDs in
 * every database, so this is read once per database.
 */
export async function readTypeCatalogue(session: Session): Promise<TypeCatalogue> {
  const catalogue = new Map<number, TypeName>()
  await session.run(
    {
      // Types such as int2vector count as arrays too, but are not written like them.
      text: `select pg_catalog.concat_ws(' ', t.oid, t.typelem,
                 (t.typinput operator(pg_catalog.=) 'pg_catalog.array_in'::pg_catalog.regproc),
                 (n.nspname operator(pg_catalog.=) 'pg_catalog'
                  or n.oid operator(pg_catalog.=) any (array(
                    select e.extnamespace from pg_catalog.pg_extension as e
                    where e.extname operator(pg_catalog.=) 'postgis'))),
                 t.typdelim, t.typname)
             from pg_catalog.pg_type as t
             join pg_catalog.pg_namespace as n on n.oid operator(pg_catalog.=) t.typnamespace`,
    },
    {
      row(buffer, offset) {
        const text = buffer.toString('utf8', offset + 4, offset + 4 + buffer.readInt32BE(offset))
        const [oid = '', element = '', isArray, isShipped, delimiter = '', ...name] =
          text.split(' ')
        catalogue.set(Number(oid), {
          name: name.join(' '),
          ...(isShipped === 'f' && { isCustom: true }),
          elementOid: isArray === 't' ? Number(element) : undefined,
          ...(delimiter !== ',' && { delimiter }),
        })
      },
    },
  )
  await session.settled()
  return catalogue
}

/** Types by name, one catalogue per database, read again when a type is met that it lacks. */
export type TypeCatalogues = {
  find(place: Place): TypeCatalogue | undefined
  read(place: Place, session: Session): Promise<TypeCatalogue>
  forget(place: Place): void
}

/** Two servers can each have a database of the same name. */
type Place = Pick<SessionKey, 'database' | 'server'>

export function createTypeCatalogues(): TypeCatalogues {
  const catalogues = new Map<string, TypeCatalogue>()
  return {
    find: (place) => catalogues.get(nameOf(place)),
    async read(place, session) {
      const catalogue = await readTypeCatalogue(session)
      catalogues.set(nameOf(place), catalogue)
      return catalogue
    },
    forget: (place) => {
      catalogues.delete(nameOf(place))
    },
  }
}

function nameOf({ database, server }: Place): string {
  return server === undefined ? database : `${server} ${database}`
}
