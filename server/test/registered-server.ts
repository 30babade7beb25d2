import { randomBytes } from 'node:crypto'
import { type Database, type DatabaseAddress, openDatabase } from '../src/store/database.ts'
import { quoteIdentifier } from '../src/store/quote-identifier.ts'

/**
 * Somebody's PostGIS, as an account's owner would register it: a database of the cluster that all test
 * files share, which a role with CREATEROLE and nothing more looks after.
 */
export type TestServer = {
  /** How it is registered. */
  readonly config: {
    readonly host: string
    readonly port: number
    readonly database: string
    readonly user: string
    readonly tls: 'disable'
  }
  readonly password: string
  /** The superuser's own way in, around the code under test. */
  readonly superuser: Database
  close(): Promise<void>
}

/** Makes it with one table, `public.harbours`, of three points. */
export async function createTestServer(cluster: DatabaseAddress): Promise<TestServer> {
  const suffix = randomBytes(6).toString('hex')
  const database = `registered_${suffix}`
  const user = `registrant_${suffix}`
  const password = randomBytes(12).toString('hex')
  const open = (name: string) =>
    openDatabase(
      { ...cluster, database: name },
      { max: 2, applicationName: 'test', onIdleError: () => {} },
    )
  const maintenance = open('postgres')
  await maintenance.query(
    `create role ${quoteIdentifier(user)} login createrole password '${password}'`,
  )
  await maintenance.query(`create database ${quoteIdentifier(database)} template template0`)
  const superuser = open(database)
  await superuser.query(
    `create schema gis;
     create extension postgis schema gis;
     grant usage on schema gis to public;
     alter schema public owner to ${quoteIdentifier(user)};
     create table public.harbours (id integer primary key, name text, geom gis.geometry(Point, 4326));
     insert into public.harbours
       select n, 'harbour ' || n, gis.st_setsrid(gis.st_makepoint(n, 50 + n), 4326)
       from generate_series(1, 3) n;
     alter table public.harbours owner to ${quoteIdentifier(user)}`,
  )
  return {
    // The shared cluster listens on 127.0.0.1 as well as on a socket.
    config: { host: '127.0.0.1', port: cluster.port, database, user, tls: 'disable' },
    password,
    superuser,
    async close() {
      await superuser.end()
      await maintenance.query(`drop database ${quoteIdentifier(database)} with (force)`)
      await maintenance.query(`drop role ${quoteIdentifier(user)}`)
      await maintenance.end()
    },
  }
}
