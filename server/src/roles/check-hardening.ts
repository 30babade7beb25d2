import type { Admin } from './admin.ts'
import type { Finding } from './finding.ts'
import { type HardeningRule, hardeningRules } from './hardening.ts'
import { doctorRemedy } from './repair.ts'

const maxNamedObjects = 5

/** What is open in this database that must not be: one finding for each rule that does not hold. */
export async function checkHardening(admin: Admin, database: string): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const rule of hardeningRules) {
    const open = await listOpenObjects(admin, database, rule)
    if (open.length === 0) continue
    const remedy = admin.isSuperuser ? doctorRemedy : superuserRemedy(database, rule)
    findings.push(openFinding(database, rule, open, remedy))
  }
  return findings
}

/**
 * Closes what is open. What Postern's role may not close stays a problem, with the SQL for a
 * superuser as its remedy.
 */
export async function mendHardening(admin: Admin, database: string): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const rule of hardeningRules) {
    const open = await listOpenObjects(admin, database, rule)
    if (open.length === 0) continue
    // Without the right to, PostgreSQL refuses or only warns: what counts is what is open afterwards.
    await admin
      .on(database)
      .query(rule.mend)
      .catch(() => {})
    const stillOpen = await listOpenObjects(admin, database, rule)
    findings.push(
      stillOpen.length > 0
        ? openFinding(database, rule, stillOpen, superuserRemedy(database, rule))
        : {
            severity: 'mended',
            subject: `database ${database}`,
            sentence: `${rule.name}: ${nameObjects(open)} was open to everybody.`,
          },
    )
  }
  return findings
}

async function listOpenObjects(
  admin: Admin,
  database: string,
  rule: HardeningRule,
): Promise<string[]> {
  const { rows } = await admin.on(database).query<{ object: string }>(rule.check)
  return rows.map((row) => row.object)
}

function openFinding(
  database: string,
  rule: HardeningRule,
  open: readonly string[],
  remedy: string,
): Finding {
  return {
    severity: 'problem',
    subject: `database ${database}`,
    sentence: `${rule.name}: ${nameObjects(open)} is open to everybody. ${rule.why}`,
    remedy,
  }
}

function superuserRemedy(database: string, rule: HardeningRule): string {
  return `As a superuser, in the database "${database}", run:\n${rule.mend};`
}

function nameObjects(objects: readonly string[]): string {
  const named = objects.slice(0, maxNamedObjects).join(', ')
  const more = objects.length - maxNamedObjects
  return more > 0 ? `${named} and ${more} more` : named
}
