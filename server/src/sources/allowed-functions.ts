/**
 * What a caller's fragment may call: functions that compute from their arguments, and aggregates.
 * None runs SQL, reads a table or a setting, takes the name of an object, waits, or returns a set;
 * and none can make a long text of a short one (repeat, lpad, replace, format), so that the size of
 * a result stays within that of the rows. Geometry goes in, numbers and words come out.
 */

/** Functions of pg_catalog. */
export const scalarFunctions: ReadonlySet<string> = new Set([
  // Numbers
  'abs',
  'acos',
  'asin',
  'atan',
  'atan2',
  'cbrt',
  'ceil',
  'ceiling',
  'cos',
  'degrees',
  'div',
  'exp',
  'floor',
  'ln',
  'log',
  'log10',
  'mod',
  'pi',
  'pow',
  'power',
  'radians',
  'round',
  'sign',
  'sin',
  'sqrt',
  'tan',
  'trunc',
  'width_bucket',
  // Text
  'btrim',
  'char_length',
  'character_length',
  'concat',
  'concat_ws',
  'initcap',
  'left',
  'length',
  'lower',
  'ltrim',
  'position',
  'reverse',
  'right',
  'rtrim',
  'split_part',
  'starts_with',
  'strpos',
  'substr',
  'substring',
  'translate',
  'upper',
  // Times
  'age',
  'date_part',
  'date_trunc',
  'extract',
  'make_date',
  'timezone',
  'to_char',
  'to_date',
  'to_number',
  'to_timestamp',
])

/** Functions of PostGIS. */
export const geometryFunctions: ReadonlySet<string> = new Set([
  'st_area',
  'st_geometrytype',
  'st_isempty',
  'st_isvalid',
  'st_length',
  'st_npoints',
  'st_numgeometries',
  'st_perimeter',
  'st_x',
  'st_xmax',
  'st_xmin',
  'st_y',
  'st_ymax',
  'st_ymin',
  'st_z',
])

/** Aggregates of pg_catalog. None gathers the rows themselves (array_agg, json_agg, string_agg). */
export const aggregateFunctions: ReadonlySet<string> = new Set([
  'avg',
  'bool_and',
  'bool_or',
  'corr',
  'count',
  'covar_pop',
  'covar_samp',
  'every',
  'max',
  'min',
  'regr_intercept',
  'regr_r2',
  'regr_slope',
  'stddev',
  'stddev_pop',
  'stddev_samp',
  'sum',
  'var_pop',
  'var_samp',
  'variance',
])

/** Aggregates of pg_catalog that are told an order: `percentile_cont(0.5) within group (order by a)`. */
export const orderedSetFunctions: ReadonlySet<string> = new Set([
  'mode',
  'percentile_cont',
  'percentile_disc',
])

/** Operators of pg_catalog, LIKE and ILIKE (`~~`, `~~*`) among them. */
export const operators: ReadonlySet<string> = new Set([
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '=',
  '<>',
  '<',
  '<=',
  '>',
  '>=',
  '||',
  '->',
  '->>',
  '~~',
  '!~~',
  '~~*',
  '!~~*',
])

/** Types of pg_catalog that a value may be cast to, and how many numbers each can be given. */
export const castTypes: ReadonlyMap<string, number> = new Map([
  ['bool', 0],
  ['bpchar', 1],
  ['date', 0],
  ['float4', 0],
  ['float8', 0],
  ['int2', 0],
  ['int4', 0],
  ['int8', 0],
  ['interval', 0],
  ['numeric', 2],
  ['text', 0],
  ['time', 1],
  ['timestamp', 1],
  ['timestamptz', 1],
  ['varchar', 1],
])
