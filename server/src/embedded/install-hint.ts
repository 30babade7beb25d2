/** What the operator can run where Postern cannot bring PostgreSQL by itself. */
export function describeInstallation(options: {
  platform: NodeJS.Platform
  /** The content of /etc/os-release; empty where there is none. */
  osRelease: string
}): string {
  const command = commandFor(options.platform, distributionsIn(options.osRelease))
  const existing =
    'or start with an existing server: ' +
    'DATABASE_URL=postgres://USER:PASSWORD@HOST:5432/DATABASE npm start'
  return command === undefined
    ? `Install PostgreSQL with PostGIS from your system's packages, ${existing}`
    : `Run this command, then start again:\n\n  ${command}\n\n${existing}`
}

function commandFor(
  platform: NodeJS.Platform,
  distributions: ReadonlySet<string>,
): string | undefined {
  if (platform === 'darwin') return 'brew install postgresql@17 postgis'
  return commands.find(({ id }) => distributions.has(id))?.command
}

// The first that fits: some descend from others further down.
const commands = [
  {
    id: 'debian',
    command:
      'sudo apt-get update && sudo apt-get install --no-install-recommends postgresql-postgis',
  },
  // Its own packages have no PostGIS; the PostgreSQL project's yum repository has.
  { id: 'rhel', command: 'sudo dnf install postgresql17-server postgis35_17' },
  { id: 'fedora', command: 'sudo dnf install postgresql-server postgis' },
  { id: 'alpine', command: 'sudo apk add postgresql postgresql-contrib postgis' },
  { id: 'arch', command: 'sudo pacman -S postgresql postgis' },
]

/** A distribution and those it descends from: ID and ID_LIKE. */
function distributionsIn(osRelease: string): ReadonlySet<string> {
  const values = [...osRelease.matchAll(/^ID(?:_LIKE)?=["']?([^"'\n]*)/gm)]
  return new Set(values.flatMap((match) => (match[1] ?? '').split(/\s+/)))
}
