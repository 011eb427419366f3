import type { FieldType, Filter } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { isRoundedWhole, shown } from '../../json/index.ts';
import { spellingsOf } from '../../text.ts';
import { type Expression, type Target, targetOf } from './filter-field.ts';
import { isLongNumber, type OrderedField, orderedField } from './long-numbers.ts';

/** A condition on rows of `items`. Never NULL: NOT is the exact complement. */
export type Condition = Expression;

const maxDepth = 16;
const maxNodes = 256;
const maxListed = 1000;
/** Places in the metadata that all fields of a filter name: a field with dots in its name names several. */
const maxPlaces = 512;
/** Values of all "in" of a filter together. */
const maxListedInAll = 10_000;
const maxText = 4096;

const operators = { gte: '>=', gt: '>', lte: '<=', lt: '<' } as const;
type Bound = keyof typeof operators;

const invalid = (message: string): SnapshelfError => new SnapshelfError('filter-invalid', message);

/** Returns the type of a field, by its key; undefined if it has none. */
export type FieldTypeOf = (key: string) => FieldType | undefined;

/** A filter as SQL. */
export interface CompiledFilter extends Condition {
  /** The fields that are compared with a number, or with a text that is one, and may hold long whole numbers as texts. */
  readonly ordered: readonly OrderedField[];
}

/** Compiles a filter to SQL in which every value and path is bound. @throws SnapshelfError `filter-invalid`. */
export function compileFilter(filter: Filter, fieldType: FieldTypeOf): CompiledFilter {
  const compiler = new Compiler(fieldType);
  return { ...compiler.compile(filter, 1), ordered: [...compiler.ordered.values()] };
}

class Compiler {
  readonly ordered = new Map<string, OrderedField>();
  readonly #fieldType: FieldTypeOf;
  #nodes = 0;
  #listed = 0;
  #places = 0;

  constructor(fieldType: FieldTypeOf) {
    this.#fieldType = fieldType;
  }

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
    this.#places += 'json' in target ? target.json.values.length : 1;
    if (this.#places > maxPlaces) throw invalid('The filter has too many fields with dots in their names.');
    const keys = Object.keys(test).filter((key) => test[key] !== undefined);
    if (keys.length > 0 && keys.every((key) => Object.hasOwn(operators, key)))
      return this.#ranges(field, target, test, keys as Bound[]);
    const [key = ''] = keys;
    if (keys.length !== 1 || !['equals', 'in', 'exists'].includes(key))
      throw invalid(
        `A condition has one of "equals", "in", "exists", or bounds (gte, gt, lte, lt): ${shown(filter)}.`,
      );
    if (key === 'exists') return exists(target, test['exists']);
    if (key === 'equals') return equalsAny(target, [test['equals']]);
    return equalsAny(target, this.#list(test['in']));
  }

  #ranges(
    field: string,
    target: Target,
    test: Readonly<Record<string, unknown>>,
    bounds: readonly Bound[],
  ): Condition {
    const type = 'column' in target ? 'text' : this.#fieldType(target.key);
    const parts = bounds.map((bound) => {
      const value = checkedBound(bound, test[bound], type);
      const ordered = orderedField(field, { target, type }, value);
      if (ordered !== undefined) this.ordered.set(field, ordered);
      return range(target, bound, value);
    });
    return {
      sql: `(${parts.map((part) => part.sql).join(' AND ')})`,
      values: parts.flatMap((part) => part.values),
    };
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

function exists(target: Target, wanted: unknown): Condition {
  if (typeof wanted !== 'boolean') throw invalid(`"exists" takes true or false, not ${shown(wanted)}.`);
  const not = wanted ? 'NOT' : '';
  if ('column' in target) return { sql: `(${target.column} IS ${not} NULL)`, values: [] };
  return { sql: `(${target.type.sql} IS ${not} NULL)`, values: target.type.values };
}

type Scalar = null | boolean | number | string;

/** The values are bound as one JSON text, so that neither the statement nor SQLite's count of variables grows with them. */
function equalsAny(target: Target, wanted: readonly unknown[]): Condition {
  const scalars = wanted.map(checkedEqual);
  if ('column' in target) {
    const texts = scalars.flatMap((value) => (value === null ? [] : spellingsOf(String(value))));
    const sql = `(ifnull(${target.column} IN (SELECT value FROM json_each(?)), 0))`;
    return { sql, values: [JSON.stringify(texts)] };
  }
  const { json, type } = target;
  const values = scalars.flatMap(withItsText);
  // `->` gives the JSON text as it was written, and one function wrote both sides. Elements of a list come as values, with
  // their types.
  return {
    sql: `(ifnull(${json.sql} IN (SELECT value FROM json_each(?)), 0)
      OR (ifnull(${type.sql} = 'array', 0) AND EXISTS (SELECT 1 FROM json_each(${json.sql})
        WHERE (type, ifnull(value, 0)) IN (SELECT type, ifnull(value, 0) FROM json_each(?)))))`,
    values: [
      ...json.values,
      JSON.stringify(values.map((value) => JSON.stringify(value))),
      ...type.values,
      ...json.values,
      JSON.stringify(values),
    ],
  };
}

function checkedEqual(value: unknown): Scalar {
  const scalar = checkedScalar(value);
  if (typeof scalar === 'number' && isRoundedWhole(scalar))
    throw invalid(
      `The number ${scalar} is rounded: give whole numbers beyond ${Number.MAX_SAFE_INTEGER} as text.`,
    );
  return scalar;
}

/** A value and its text are the same: what one writes as 123 another has stored as "123". */
function withItsText(value: Scalar): Scalar[] {
  if (value === null) return [null];
  if (typeof value !== 'string') return [value, String(value)];
  if (value === 'true' || value === 'false') return [value, value === 'true'];
  const number = Number(value);
  return Number.isFinite(number) && String(number) === value ? [value, number] : [value];
}

function range(target: Target, bound: Bound, value: number | string): Condition {
  const operator = operators[bound];
  if ('column' in target) return { sql: `ifnull(${target.column} ${operator} ?, 0)`, values: [value] };
  const types = typeof value === 'number' ? "'integer', 'real'" : "'text'";
  const { json, type } = target;
  return {
    sql: `ifnull(${type.sql} IN (${types}) AND (${json.sql} ->> '$') ${operator} ?, 0)`,
    values: [...type.values, ...json.values, value],
  };
}

/** Returns a bound. One that could only give a wrong answer is refused: texts are not ordered as the numbers in them. */
function checkedBound(bound: Bound, given: unknown, type: FieldType | undefined): number | string {
  const value = checkedScalar(given);
  if (typeof value !== 'number' && typeof value !== 'string')
    throw invalid(`"${bound}" takes a number or a string, not ${shown(value)}.`);
  if (type !== undefined && type !== (typeof value === 'number' ? 'number' : 'text'))
    throw invalid(
      `"${bound}" compares the field with ${shown(value)}, but it holds values of the type ${type}. Give a ${type === 'number' || type === 'text' ? type : 'value for "equals" or "in"'}.`,
    );
  if (isLongNumber(value))
    throw invalid(
      `"${bound}" cannot compare ${shown(value)}: whole numbers beyond 9007199254740991 are kept as texts, which are not ordered as numbers. Use "equals" or "in".`,
    );
  return value;
}

function checkedScalar(value: unknown): Scalar {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'string' && value.length <= maxText && !/\p{Cs}/u.test(value)) return value;
  throw invalid(
    `Values are compared with null, true, false, a finite number or a string of at most ${maxText} characters, not with ${shown(value)}.`,
  );
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const bool = (value: boolean): string => (value ? '(1)' : '(0)');
