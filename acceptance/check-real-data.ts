import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { makeDataDir, startPostern } from './support/postern.ts'
import { compareAnswers } from './widgets/compare-answers.ts'
import { compareStats } from './widgets/compare-stats.ts'
import { loadWidgetData } from './widgets/load-widget-data.ts'
import { questionsAbout } from './widgets/questions.ts'
import { readGeojson } from './widgets/read-geojson.ts'

/**
 * Loads every GeoJSON file of a folder into a server of its own, asks every model and the statistics
 * of every column, and compares the answers with plain SQL and with what the client library calculates
 * itself. Prints a table; exits with 1 when anything differs.
 */
async function checkRealData(folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((file) => /\.(geo)?json$/.test(file)).sort()
  if (files.length === 0) throw new Error(`There is no GeoJSON in ${folder}.`)
  const postern = await startPostern({ POSTERN_DATA_DIR: await makeDataDir() })
  let differing = 0
  try {
    const print = (cells: readonly unknown[]) =>
      console.log(cells.map((cell, index) => String(cell).padEnd(index === 0 ? 36 : 16)).join(''))
    print(['file', 'asked about', 'questions', 'with client', 'with SQL', 'differences'])
    for (const file of files) {
      const table = basename(file).replace(/\.[a-z]+$/, '')
      const data = readGeojson(table, await readFile(join(folder, file), 'utf8'))
      await loadWidgetData(postern, postern.demo, data)
      const compared = [
        ...(await compareAnswers(postern, postern.demo, data, questionsAbout(data))),
        ...(await compareStats(postern, postern.demo, data)),
      ]
      for (const model of new Set(compared.map(({ question }) => question.model))) {
        const own = compared.filter(({ question }) => question.model === model)
        const wrong = own.filter(({ differences }) => differences.length > 0)
        const by = (whom: 'client' | 'SQL') =>
          own.filter(({ comparedWith }) => comparedWith.includes(whom)).length
        print([table, model, own.length, by('client'), by('SQL'), wrong.length])
        differing += wrong.length
        for (const { question, differences } of wrong.slice(0, 5)) {
          console.log(`  ${question.about}: ${differences.join('; ')}`)
        }
      }
    }
  } finally {
    await postern.stop()
  }
  console.log(differing === 0 ? 'No differences.' : `${differing} differences.`)
  if (differing > 0) process.exitCode = 1
}

const folder = process.argv.slice(3).find((argument) => argument !== '--')
if (folder === undefined) {
  console.error('Usage: npm run check:real-data -- FOLDER')
  process.exitCode = 2
} else {
  await checkRealData(folder)
}
