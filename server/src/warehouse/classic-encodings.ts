import parseInterval from 'postgres-interval'
import { converted, type Encodings } from './cell-encodings.ts'

/**
 * The classic SQL API's contract: numbers are numbers, timestamps are ISO 8601 in UTC without
 * fractions, geometries are hexadecimal EWKB, json is itself.
 */
export const classicEncodings: Encodings = {
  bool: 'boolean',
  int2: 'verbatim',
  int4: 'verbatim',
  int8: 'verbatim',
  oid: 'verbatim',
  float4: 'number',
  float8: 'number',
  numeric: 'number',
  json: 'verbatim',
  jsonb: 'verbatim',
  date: 'timestamp',
  timestamp: 'timestamp',
  timestamptz: 'timestamp',
  interval: converted(intervalObject),
  bytea: converted((text) => Buffer.from(text.slice(2), 'hex')),
  point: converted(pointObject),
}

/** Only the parts that are not zero, as the contract has it: one day is `{"days":1}`. */
function intervalObject(text: string): unknown {
  const parts = Object.entries(parseInterval(text))
  return Object.fromEntries(parts.filter(([, value]) => typeof value === 'number' && value !== 0))
}

function pointObject(text: string): unknown {
  const [x, y] = text.slice(1, -1).split(',').map(Number)
  return { x, y }
}
