/** What callers call the nodes of PostgreSQL's syntax tree, and their members. */
const words: Readonly<Record<string, string>> = {
  A_ArrayExpr: 'an array',
  A_Indirection: 'a subscript or a field',
  A_Star: 'a star',
  AEXPR_BETWEEN_SYM: 'BETWEEN SYMMETRIC',
  AEXPR_DISTINCT: 'IS DISTINCT FROM',
  AEXPR_NOT_BETWEEN_SYM: 'BETWEEN SYMMETRIC',
  AEXPR_NOT_DISTINCT: 'IS DISTINCT FROM',
  AEXPR_OP_ALL: 'ALL',
  AEXPR_OP_ANY: 'ANY',
  AEXPR_SIMILAR: 'SIMILAR TO',
  CollateClause: 'COLLATE',
  distinctClause: 'DISTINCT',
  fromClause: 'FROM',
  func_variadic: 'VARIADIC',
  groupClause: 'GROUP BY',
  havingClause: 'HAVING',
  intoClause: 'INTO',
  limitCount: 'LIMIT',
  limitOffset: 'OFFSET',
  lockingClause: 'FOR UPDATE',
  MultiAssignRef: 'an assignment',
  NamedArgExpr: 'a named argument',
  over: 'a window function',
  ParamRef: 'a parameter',
  RowExpr: 'a row',
  SetToDefault: 'DEFAULT',
  sortClause: 'ORDER BY',
  SQLValueFunction: 'a value of the session',
  SubLink: 'a sub-select',
  valuesLists: 'VALUES',
  whereClause: 'WHERE',
  windowClause: 'WINDOW',
  withClause: 'WITH',
}

/** A node or member that is refused, in the caller's words. */
export function nodeWords(name: string): string {
  return words[name] ?? `this construct (${name})`
}
