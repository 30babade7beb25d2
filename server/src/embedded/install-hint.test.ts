import { expect, test } from 'vitest'
import { describeInstallation } from './install-hint.ts'

test.each([
  ['Ubuntu', 'linux', 'ID=ubuntu\nID_LIKE=debian\n', 'apt-get install'],
  ['Fedora', 'linux', 'NAME="Fedora Linux"\nID=fedora\n', 'dnf install postgresql-server postgis'],
  ['Rocky', 'linux', 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'postgis35_17'],
  ['Alpine', 'linux', 'ID=alpine\n', 'apk add'],
  ['macOS', 'darwin', '', 'brew install'],
] as const)('names the command for %s, and DATABASE_URL', (_, platform, osRelease, command) => {
  const text = describeInstallation({ platform, osRelease })
  expect(text).toContain(command)
  expect(text).toContain('DATABASE_URL=postgres://')
})

test('invents no command for a system that it does not know', () => {
  const text = describeInstallation({ platform: 'linux', osRelease: 'ID=plan9\n' })
  expect(text).not.toContain('Run this command')
  expect(text).toContain('DATABASE_URL=postgres://')
})
