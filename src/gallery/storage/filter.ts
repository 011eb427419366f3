import { SnapshelfError } from '../../errors.ts';
import { shown } from '../../json/index.ts';
import type { Filter } from '../search-types.ts';
import type { SqlValue } from './database.ts';

/** A condition on rows of `items`, with the values of its `?` in order. Never NULL: NOT is the exact complement. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

const maxDepth = 16;
const maxNodes = 256;
const maxListed = 1000;
/** Values of all "in" of a filter together. */
const maxListedInAll = 10_000;
const maxText = 4096;

const columns: Readonly<Record<string, string>> = {
  id: 'id',
  productId: 'product_id',
  label: 'label',
  split: 'split',
};
const operators = { gte: '>=', gt: '>', lte: '<=', lt: '<' } as const;
type Bound = keyof typeof operators;

const invalid = (message: string): SnapshelfError => new SnapshelfError('filter-invalid', message);

/** Compiles a filter to SQL in which every value and path is bound. @throws SnapshelfError `filter-invalid`. */
export function compileFilter(filter: Filter): Condition {
  return new Compiler().compile(filter, 1);
}

class Compiler {
  #nodes = 0;
  #listed = 0;

  compile(filter: unknown, depth: number): Condition {
    if (depth > maxDepth) throw invalid(`The filter is nested more than ${maxDepth} deep.`);
    this.#nodes += 1;
    if (this.#nodes > maxNodes) throw invalid(`The filter has more than ${maxNodes} conditions.`);
    if (!isObject(filter)) throw invalid(`A filter is an object, not ${shown(filter)}.`);
    if ('field' in filter) return this.#field(filter);
    return this.#combine(filter, depth);
  }

  #combine(filter: Readonly<Record<string, unknown>>, depth: number): Condition {
    const [[key, value] = ['', undefined], ...more] = Object.entries(filter);
    if (more.length > 0 || !['and', 'or', 'not'].includes(key))
      throw invalid(`A filter has "field" or exactly one of "and", "or", "not", unlike ${shown(filter)}.`);
    if (key === 'not') {
      const inner = this.compile(value, depth + 1);
      return { sql: `(NOT ${inner.sql})`, values: inner.values };
    }
    if (!Array.isArray(value)) throw invalid(`"${key}" takes a list of filters, not ${shown(value)}.`);
    const parts = value.map((part) => this.compile(part, depth + 1));
    return {
      sql: parts.length === 0 ? bool(key === 'and') : `(${parts.map((part) => part.sql).join(` ${key} `)})`,
      values: parts.flatMap((part) => part.values),
    };
  }

  #field(filter: Readonly<Record<string, unknown>>): Condition {
    const { field, ...test } = filter;
    if (typeof field !== 'string') throw invalid(`"field" is a string, not ${shown(field)}.`);
    const target = targetOf(field);
    const keys = Object.keys(test).filter((key) => test[key] !== undefined);
    if (keys.length > 0 && keys.every((key) => Object.hasOwn(operators, key)))
      return ranges(target, test, keys as Bound[]);
    const [key = ''] = keys;
    if (keys.length !== 1 || !['equals', 'in', 'exists'].includes(key))
      throw invalid(
        `A condition has one of "equals", "in", "exists", or bounds (gte, gt, lte, lt): ${shown(filter)}.`,
      );
    if (key === 'exists') return exists(target, test['exists']);
    if (key === 'equals') return equalsAny(target, [test['equals']]);
    return equalsAny(target, this.#list(test['in']));
  }

  #list(listed: unknown): readonly unknown[] {
    if (!Array.isArray(listed) || listed.length > maxListed)
      throw invalid(`"in" takes a list of at most ${maxListed} values, not ${shown(listed)}.`);
    this.#listed += listed.length;
    if (this.#listed > maxListedInAll)
      throw invalid(`The lists of a filter have at most ${maxListedInAll} values together.`);
    return listed;
  }
}

/** A column of `items`, or a path into its metadata. */
type Target = { readonly column: string } | { readonly path: string };

function targetOf(field: string): Target {
  const column = Object.hasOwn(columns, field) ? columns[field] : undefined;
  if (column !== undefined) return { column };
  const [root, ...keys] = field.split('.');
  // SQLite's path syntax cannot quote quotes, so such keys are refused.
  const safe = keys.length > 0 && keys.every((key) => /^[^"\\\p{Cc}\p{Cs}]{1,128}$/u.test(key));
  if (root === 'metadata' && safe && keys.length <= 32)
    return { path: `$${keys.map((key) => `."${key}"`).join('')}` };
  throw invalid(
    `The field ${shown(field)} is none of ${Object.keys(columns).join(', ')}, and no path such as metadata.price.`,
  );
}

function exists(target: Target, wanted: unknown): Condition {
  if (typeof wanted !== 'boolean') throw invalid(`"exists" takes true or false, not ${shown(wanted)}.`);
  const not = wanted ? 'NOT' : '';
  if ('column' in target) return { sql: `(${target.column} IS ${not} NULL)`, values: [] };
  return { sql: `(json_type(metadata, ?) IS ${not} NULL)`, values: [target.path] };
}

/** The values are bound as one JSON text, so that neither the statement nor SQLite's count of variables grows with them. */
function equalsAny(target: Target, wanted: readonly unknown[]): Condition {
  for (const value of wanted) checkScalar(value);
  const listed = 'IN (SELECT value FROM json_each(?))';
  if ('column' in target) {
    const texts = wanted.filter((value) => typeof value === 'string');
    return { sql: `(ifnull(${target.column} ${listed}, 0))`, values: [JSON.stringify(texts)] };
  }
  // `->` gives the JSON text as it was written, and one function wrote both sides: type and value are compared.
  const texts = wanted.map((value) => JSON.stringify(value));
  return { sql: `(ifnull((metadata -> ?) ${listed}, 0))`, values: [target.path, JSON.stringify(texts)] };
}

function ranges(
  target: Target,
  test: Readonly<Record<string, unknown>>,
  bounds: readonly Bound[],
): Condition {
  const parts = bounds.map((bound) => range(target, bound, test[bound]));
  return {
    sql: `(${parts.map((part) => part.sql).join(' AND ')})`,
    values: parts.flatMap((part) => part.values),
  };
}

function range(target: Target, bound: Bound, value: unknown): Condition {
  checkScalar(value);
  if (typeof value !== 'number' && typeof value !== 'string')
    throw invalid(`"${bound}" takes a number or a string, not ${shown(value)}.`);
  const operator = operators[bound];
  if ('column' in target)
    return typeof value === 'number'
      ? { sql: bool(false), values: [] }
      : { sql: `ifnull(${target.column} ${operator} ?, 0)`, values: [value] };
  const types = typeof value === 'number' ? "'integer', 'real'" : "'text'";
  return {
    sql: `ifnull(json_type(metadata, ?) IN (${types}) AND json_extract(metadata, ?) ${operator} ?, 0)`,
    values: [target.path, target.path, value],
  };
}

function checkScalar(value: unknown): void {
  if (value === null || typeof value === 'boolean') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (typeof value === 'string' && value.length <= maxText && !/\p{Cs}/u.test(value)) return;
  throw invalid(
    `Values are compared with null, true, false, a finite number or a string of at most ${maxText} characters, not with ${shown(value)}.`,
  );
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const bool = (value: boolean): string => (value ? '(1)' : '(0)');
