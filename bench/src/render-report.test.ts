import { expect, test } from 'vitest'
import { renderReport } from './render-report.ts'

const report = renderReport({
  date: new Date('2026-01-02T03:04:05Z'),
  profile: 'quick',
  sessions: 4,
  machine: [['Processor', 'Imaginary, 2 cores']],
  loadBefore: 0.5,
  sections: [
    {
      title: '(a) Something',
      explanation: 'How it was done.',
      unit: 'requests per second',
      figures: [
        { name: 'Postern', samples: [800, 1_200, 1_000] },
        { name: 'bare', samples: [1_250, 1_250, 1_250], ratio: 0.8 },
      ],
      verdicts: [
        {
          what: 'against bare',
          measured: '0.80',
          aim: { sentence: 'at least 0.90', isMet: false },
        },
        { what: 'a fact', measured: '7' },
      ],
    },
  ],
})

test('a report says when, on what and how, and what came out', () => {
  expect(report).toContain('profile: quick) on 2026-01-02')
  expect(report).toContain('- Processor: Imaginary, 2 cores')
  expect(report).toMatch(/\| Postern +\| 1,000 +\| 800 to 1,200 +\| +\|/)
  expect(report).toMatch(/\| bare +\| 1,250 +\| 1,250 to 1,250 +\| 0\.80 +\|/)
})

test('an aim that was missed is said to be missed', () => {
  expect(report).toMatch(/\| against bare +\| 0\.80 +\| at least 0\.90 +\| no +\|/)
  expect(report).toMatch(/\| a fact +\| 7 +\| +\| +\|/)
})
