import { describe, expect, test } from 'vitest'
import { readDemoFile } from './read-demo-file.ts'

/** Decimal degrees with a fixed number of decimals: what 10 metres need, and no more. */
const degrees = /^-?\d{1,3}\.\d{4}$/

describe('capitals', async () => {
  const capitals = await readDemoFile('capitals')

  test('there is one for each of the sovereign states', () => {
    expect(capitals).toHaveLength(197)
    expect(new Set(capitals.map((row) => row.iso_a2)).size).toBe(197)
    expect(new Set(capitals.map((row) => row.country)).size).toBe(197)
    expect(new Set(capitals.map((row) => row.name)).size).toBe(197)
  })

  test('the columns are those of the table, and none is empty', () => {
    for (const row of capitals) {
      expect(Object.keys(row)).toEqual([
        'name',
        'country',
        'iso_a2',
        'population',
        'longitude',
        'latitude',
      ])
      expect(Object.values(row)).not.toContain('')
      expect(row.iso_a2).toMatch(/^[A-Z]{2}$/)
    }
  })

  test('every number is plain and within its range', () => {
    for (const { name, population, longitude, latitude } of capitals) {
      expect(population, name).toMatch(/^[1-9]\d*$/)
      expect(Number(population), name).toBeLessThan(30_000_000)
      expect(longitude, name).toMatch(degrees)
      expect(Math.abs(Number(longitude)), name).toBeLessThanOrEqual(180)
      expect(latitude, name).toMatch(degrees)
      // From Wellington to Reykjavík.
      expect(Number(latitude), name).toBeGreaterThan(-42)
      expect(Number(latitude), name).toBeLessThan(65)
    }
  })

  test('names keep their letters, in composed form', () => {
    const names = capitals.map((row) => row.name)
    expect(names).toEqual(
      expect.arrayContaining([
        'São Tomé',
        'Nukuʻalofa',
        'Chișinău',
        "N'Djamena",
        'Washington, D.C.',
      ]),
    )
    for (const row of capitals) {
      for (const value of Object.values(row)) {
        expect(value).toBe(value.normalize('NFC').trim())
        expect(value).not.toContain('\uFFFD')
      }
    }
  })

  test('they stand in the order of their countries', () => {
    const countries = capitals.map((row) => String(row.country))
    expect(countries).toEqual(countries.toSorted(new Intl.Collator('en').compare))
  })
})

describe('surveys', async () => {
  const capitals = await readDemoFile('capitals')
  const surveys = await readDemoFile('surveys')

  test('each is dated, has a note, and lies near its capital', () => {
    expect(surveys).toHaveLength(25)
    for (const survey of surveys) {
      const capital = capitals.find((row) => row.iso_a2 === survey.iso_a2)
      expect(survey.visited_on).toMatch(/^\d{4}-\d{2}-\d{2}$/)
      expect(survey.note).toMatch(/\S/)
      expect(Number(survey.longitude)).toBeCloseTo(Number(capital?.longitude), 0)
      expect(Number(survey.latitude)).toBeCloseTo(Number(capital?.latitude), 0)
    }
  })
})
