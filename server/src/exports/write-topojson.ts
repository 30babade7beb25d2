import { readFileSync, writeFileSync } from 'node:fs'
import { type FeatureCollection, makeTopology } from './make-topology.ts'

// The program that topojson.ts starts: INPUT OUTPUT CALLBACK, in the directory of the export.

const [, , input = '', output = '', callback = ''] = process.argv
const collection = JSON.parse(readFileSync(input, 'utf8')) as FeatureCollection
const json = JSON.stringify(makeTopology(collection))
writeFileSync(output, callback === '' ? json : `${callback}(${json})`, { mode: 0o600 })
