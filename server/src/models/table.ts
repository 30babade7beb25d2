import type { Column } from '../sources/column.ts'
import { columnSql } from '../sources/comparable-column.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import { groupable } from './group.ts'
import { type Model, maxModelRows } from './model.ts'
import { getColumn, getColumns, isGiven, readCount, readWord } from './read-params.ts'

const directions = new Map([
  ['asc', ' NULLS LAST'],
  ['desc', ' DESC NULLS LAST'],
])

/** Rows as they are, a page of them: `{rows: [...], metadata: {total}}`. */
export const table: Model = (request) => {
  const { params, columns } = request
  const shown = isGiven(params.column) ? getColumns(request, 'column') : columns
  const list = shown
    .map((column) => `${columnSql(column)} AS ${quoteIdentifier(column.name)}`)
    .join(', ')
  const direction = readWord(params, 'sortDirection', directions, 'asc')
  const order = isGiven(params.sortBy)
    ? ` ORDER BY ${sortKey(groupable(getColumn(request, 'sortBy')))}${direction}`
    : ''
  const limit = readCount(params, 'limit', { otherwise: 10, min: 0, max: maxModelRows })
  const offset = readCount(params, 'offset', {
    otherwise: 0,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  })
  return {
    rows: ({ from, where }) =>
      `SELECT ${list} FROM ${from} WHERE ${where}${order} LIMIT ${limit} OFFSET ${offset}`,
    metadata: ({ from, where }) =>
      `SELECT pg_catalog.count(*) AS total FROM ${from} WHERE ${where}`,
  }
}

/** As clients sort: texts by their characters' numbers. */
function sortKey(column: Column): string {
  const sql = columnSql(column)
  return column.type === 'string' ? `${sql}::pg_catalog.text COLLATE pg_catalog."C"` : sql
}
