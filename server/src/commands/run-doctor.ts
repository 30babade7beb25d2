import type { Observe } from '../observations.ts'
import type { Admin } from '../roles/admin.ts'
import { listDatabases } from '../roles/catalogue.ts'
import { checkConnect } from '../roles/check-connect.ts'
import { checkConnections } from '../roles/check-connections.ts'
import { checkHardening, mendHardening } from '../roles/check-hardening.ts'
import { checkRoleAttributes, checkRoleSettings } from '../roles/check-roles.ts'
import type { Finding } from '../roles/finding.ts'
import { reconcile } from '../roles/reconcile.ts'
import type { RegisteredServers } from '../roles/registered-servers.ts'
import { checkServerRequirements } from '../roles/server-requirements.ts'
import { whileNobodyCopies } from '../roles/template.ts'
import { listAccounts } from '../store/accounts.ts'
import type { Database } from '../store/database.ts'

/**
 * Looks whether what Postern relies on still holds, and with `mend` puts right what can be put right
 * without giving anybody more than they have. One finding of severity `ok` stands for each check
 * that found nothing.
 */
export async function runDoctor(options: {
  readonly admin: Admin
  readonly store: Database
  readonly servers: RegisteredServers
  /** What ogr2ogr says that it is; undefined where it cannot be run. */
  readonly findOgr2ogrVersion: () => Promise<string | undefined>
  readonly mend: boolean
  readonly observe?: Observe
}): Promise<Finding[]> {
  const { admin, store, servers, mend, observe = () => {} } = options
  const harden = mend ? mendHardening : checkHardening
  const checks: readonly { subject: string; sound: string; run: () => Promise<Finding[]> }[] = [
    {
      subject: 'server',
      sound: 'PostgreSQL, PostGIS and their settings are as Postern needs them.',
      run: () => checkServerRequirements(admin.cluster),
    },
    {
      subject: 'template',
      sound: 'The database that accounts are copied from is hardened.',
      run: () => whileNobodyCopies(admin, () => harden(admin, admin.templateDatabase)),
    },
    {
      // First, so that the checks that follow look at what is to stay.
      subject: 'roles and databases',
      sound: 'Roles and databases agree with the control database.',
      run: () => reconcile(admin, store, observe, { mend }),
    },
    {
      subject: 'databases of accounts',
      sound: 'The databases of all accounts are hardened.',
      run: () => hardenAccounts(admin, store, harden),
    },
    {
      subject: 'role attributes',
      sound: 'No role is more than a credential may be.',
      run: () => checkRoleAttributes(admin, mend),
    },
    {
      subject: 'role settings',
      sound: 'No role has settings that Postern did not make.',
      run: () => checkRoleSettings(admin, store, mend),
    },
    {
      subject: 'log-ins',
      sound: 'Credentials can log in to the database of their own account only.',
      run: () => checkConnect(admin, store, mend),
    },
    {
      subject: 'registered servers',
      sound: 'Every registered server has what it takes, and the roles that it should have.',
      run: () => checkConnections(servers, admin, store, mend),
    },
    {
      subject: 'exports',
      sound: 'ogr2ogr is there for the formats that it writes.',
      run: () => checkOgr2ogr(options.findOgr2ogrVersion),
    },
  ]
  const findings: Finding[] = []
  for (const { subject, sound, run } of checks) {
    const found = await run()
    findings.push(
      ...(found.length > 0 ? found : [{ severity: 'ok', subject, sentence: sound } as const]),
    )
  }
  return findings
}

async function checkOgr2ogr(findVersion: () => Promise<string | undefined>): Promise<Finding[]> {
  if ((await findVersion()) !== undefined) return []
  return [
    {
      severity: 'warning',
      subject: 'exports',
      sentence:
        'ogr2ogr is not on this machine: the SQL API cannot write shp, kml, gpkg and spatialite.',
      remedy: 'apt-get install --no-install-recommends gdal-bin',
    },
  ]
}

async function hardenAccounts(
  admin: Admin,
  store: Database,
  harden: typeof checkHardening,
): Promise<Finding[]> {
  const findings: Finding[] = []
  const existing = new Set((await listDatabases(admin)).map(({ database }) => database))
  for (const account of await listAccounts(store, ['active'])) {
    // A missing one is the reconciler's finding.
    if (!existing.has(account.database)) continue
    findings.push(...(await harden(admin, account.database)))
  }
  return findings
}
