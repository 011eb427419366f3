import { shown } from '../../json/index.ts';
import { spellingsOf } from '../../text.ts';
import type { Filter } from '../search-types.ts';
import type { FieldType } from '../types.ts';
import {
  type Bound,
  bounds,
  checkedBound,
  checkedEqual,
  checkedPrefix,
  invalid,
  isNumeric,
  type Scalar,
  withItsText,
} from './conditions.ts';
import { type FilterField, fieldOf } from './filter-field.ts';

const maxDepth = 16;
const maxNodes = 256;
const maxListed = 1000;
/** Places in the metadata that all fields of a filter name: a field with dots in its name names several. */
const maxPlaces = 512;
/** Values of all "in" of a filter together. */
const maxListedInAll = 10_000;

/** A test of the values of one field. */
export type Test =
  | { readonly exists: boolean }
  /** The values, and what is the same as one of them. */
  | { readonly values: readonly Scalar[] }
  /** Texts, in every spelling: one has to begin so. */
  | { readonly prefixes: readonly string[] }
  | { readonly range: readonly (readonly [bound: Bound, value: number | string])[] };

/** A filter that was checked. */
export type Condition =
  | { readonly field: string; readonly test: Test }
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition };

/** A filter that was checked, with what it names. */
export interface CompiledFilter {
  readonly condition: Condition;
  /** The fields that it names, by name. */
  readonly fields: ReadonlyMap<string, FilterField>;
  /** Those that are compared with a number, or with a text that is one, and may hold long whole numbers as texts. */
  readonly ordered: ReadonlySet<string>;
}

/** Returns the type of a field, by its key; undefined if it has none. */
export type FieldTypeOf = (key: string) => FieldType | undefined;

/** Checks a filter. @throws SnapshelfError `filter-invalid`. */
export function compileFilter(filter: Filter, fieldType: FieldTypeOf): CompiledFilter {
  const compiler = new Compiler(fieldType);
  return { condition: compiler.compile(filter, 1), fields: compiler.fields, ordered: compiler.ordered };
}

class Compiler {
  readonly fields = new Map<string, FilterField>();
  readonly ordered = new Set<string>();
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
    if (key === 'not') return { not: this.compile(value, depth + 1) };
    if (!Array.isArray(value)) throw invalid(`"${key}" takes a list of filters, not ${shown(value)}.`);
    const parts = value.map((part) => this.compile(part, depth + 1));
    return key === 'and' ? { all: parts } : { any: parts };
  }

  #field(filter: Readonly<Record<string, unknown>>): Condition {
    const { field: name, ...test } = filter;
    if (typeof name !== 'string') throw invalid(`"field" is a string, not ${shown(name)}.`);
    const field = fieldOf(name);
    this.#places += 'ways' in field ? field.ways.length : 1;
    if (this.#places > maxPlaces) throw invalid('The filter has too many fields with dots in their names.');
    this.fields.set(name, field);
    const keys = Object.keys(test).filter((key) => test[key] !== undefined);
    if (keys.length > 0 && keys.every((key) => bounds.some((bound) => bound === key)))
      return { field: name, test: this.#range(name, field, test, keys as Bound[]) };
    const [key = ''] = keys;
    if (keys.length !== 1 || !['equals', 'in', 'exists', 'prefix'].includes(key))
      throw invalid(
        `A condition has one of "equals", "in", "exists", "prefix", or bounds (gte, gt, lte, lt): ${shown(filter)}.`,
      );
    return { field: name, test: this.#test(field, key, test[key]) };
  }

  #test(field: FilterField, key: string, value: unknown): Test {
    if (key === 'exists') {
      if (typeof value !== 'boolean') throw invalid(`"exists" takes true or false, not ${shown(value)}.`);
      return { exists: value };
    }
    if (key === 'prefix') {
      const prefix = checkedPrefix(value, this.#typeOf(field));
      return { prefixes: 'own' in field ? spellingsOf(prefix) : [prefix] };
    }
    const scalars = (key === 'equals' ? [value] : this.#list(value)).map(checkedEqual);
    if (!('own' in field)) return { values: scalars.flatMap(withItsText) };
    return { values: scalars.flatMap((one) => (one === null ? [] : spellingsOf(String(one)))) };
  }

  #range(
    name: string,
    field: FilterField,
    test: Readonly<Record<string, unknown>>,
    keys: readonly Bound[],
  ): Test {
    const type = this.#typeOf(field);
    const range = keys.map((key) => [key, checkedBound(key, test[key], type)] as const);
    if (new Set(range.map(([, value]) => typeof value)).size > 1)
      throw invalid(
        `The bounds of a condition are all numbers or all texts, unlike ${shown(test)}: no value lies between both.`,
      );
    // The key of an object may have the same name as one with dots, and has no type.
    const isNumber = type === 'number' && 'key' in field && !field.key.includes('.');
    if ('key' in field && !isNumber && range.some(([, value]) => isNumeric(value))) this.ordered.add(name);
    return { range };
  }

  #typeOf(field: FilterField): FieldType | undefined {
    return 'own' in field ? 'text' : this.#fieldType(field.key);
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

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
