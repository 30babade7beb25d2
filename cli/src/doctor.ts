import { runDoctor } from '@postern/server/commands/run-doctor.js'
import { findOgr2ogrVersion } from '@postern/server/embedded/find-ogr2ogr.js'
import type { Command } from 'commander'
import { withInstallation } from './with-installation.ts'

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('Check the hardening, the roles and the versions, and mend what is safe to mend.')
    .option('--dry-run', 'only say what would be mended')
    .option('--json', 'print JSON')
    .action(async (options: { dryRun?: true; json?: true }) => {
      const findings = await withInstallation(({ context, installation }) =>
        runDoctor({
          admin: context.admin,
          store: context.store,
          servers: context.servers,
          findOgr2ogrVersion: () => findOgr2ogrVersion(installation.dataDir),
          mend: options.dryRun !== true,
        }),
      )
      if (options.json === true) console.log(JSON.stringify(findings, null, 2))
      for (const { severity, subject, sentence, remedy } of options.json ? [] : findings) {
        console.log(`${severity.padEnd(8)} ${subject}: ${sentence}`)
        if (remedy !== undefined) console.log(`         ${remedy}`)
      }
      if (findings.some((finding) => finding.severity === 'problem')) process.exitCode = 1
    })
}
