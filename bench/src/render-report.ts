import { concurrency } from './profile.ts'
import type { Figure, Section, Verdict } from './section.ts'
import { median } from './statistics.ts'

/** Everything that a report says. */
export type Report = {
  readonly date: Date
  readonly profile: string
  readonly sessions: number
  readonly machine: readonly (readonly [name: string, value: string])[]
  readonly loadBefore: number
  readonly sections: readonly Section[]
}

/** The whole report in Markdown: the aims first, then what they rest on. */
export function renderReport(report: Report): string {
  const { date, profile, machine, loadBefore, sections } = report
  return [
    '# What Postern costs',
    '',
    `Written by \`npm run bench\` (profile: ${profile}) on ${date.toISOString().slice(0, 10)}. Client, servers and`,
    'PostgreSQL shared one machine; take the ratios, not the absolute numbers. Every contender had',
    `${report.sessions} database sessions over the same socket, logged in as the same role, and ${concurrency} HTTP connections; they`,
    'took turns, and a ratio is the median over the rounds. Answers were compared before anything was timed.',
    '',
    ...machine.map(([name, value]) => `- ${name}: ${value}`),
    `- Load average before: ${loadBefore.toFixed(2)}`,
    '',
    renderVerdicts(sections),
    ...sections.flatMap((section) => ['', renderSection(section)]),
    '',
  ].join('\n')
}

/** Every aim in Markdown, and whether it was met. */
export function renderVerdicts(sections: readonly Section[]): string {
  const verdicts = sections.flatMap((section) => section.verdicts)
  return table(['Measured', 'Result', 'Aim', 'Met'], verdicts.map(verdictCells)).join('\n')
}

/** One measurement in Markdown. */
export function renderSection({ title, explanation, unit, figures }: Section): string {
  return [
    `## ${title}`,
    '',
    explanation.trim(),
    '',
    ...table(['', `${unit} (median)`, 'lowest to highest', 'Postern is'], figures.map(figureCells)),
  ].join('\n')
}

function verdictCells({ what, measured, aim }: Verdict): string[] {
  return [what, measured, aim?.sentence ?? '', aim === undefined ? '' : aim.isMet ? 'yes' : 'no']
}

function figureCells({ name, samples, ratio }: Figure): string[] {
  const range = `${readable(Math.min(...samples))} to ${readable(Math.max(...samples))}`
  return [name, readable(median(samples)), range, ratio === undefined ? '' : ratio.toFixed(2)]
}

/** Three digits are as many as such a measurement has. */
function readable(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
  return value.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((cell, column) =>
    Math.max(cell.length, 3, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)]
}
