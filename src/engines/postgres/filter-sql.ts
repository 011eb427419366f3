import {
  type Bound,
  type CompiledFilter,
  type Condition,
  compileFilter,
  type FieldType,
  type Filter,
  type FilterField,
  invalid,
  type Json,
  type Scalar,
  type Test,
} from '../../engine/index.ts';
import { shown } from '../../json/index.ts';
import type { Client } from './connection.ts';
import { numberSql } from './range-indexes.ts';
import { storedFields, storedText } from './stored-text.ts';

/** The values of a statement, which stand in it as `$1`, `$2`, ... */
export class Parameters {
  readonly values: unknown[] = [];

  /** Adds a value. Returns its place. */
  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

const own = { id: 'i.id', productId: 'i.product_id', label: 'i.label', split: 'i.split' } as const;

/** The expression of a field's value: text of an item's own, else `jsonb`; NULL where there is none. */
export function valueSql(field: FilterField, parameters: Parameters): string {
  if ('own' in field) return own[field.own];
  const ways = field.ways.map((way) =>
    way.reduce((at, key) => `${at}->${parameters.add(storedText(key))}::text`, 'i.fields'),
  );
  return ways.length === 1 ? `(${ways[0]})` : `coalesce(${ways.join(', ')})`;
}

const operators: Readonly<Record<Bound, string>> = { gte: '>=', gt: '>', lte: '<=', lt: '<' };
/** Values up to which the index of `fields` is asked for each. */
const fewValues = 8;

class FilterSql {
  readonly #parameters: Parameters;
  readonly #fields: CompiledFilter['fields'];

  constructor(fields: CompiledFilter['fields'], parameters: Parameters) {
    this.#fields = fields;
    this.#parameters = parameters;
  }

  of(part: Condition): string {
    if ('not' in part) return `(NOT ${this.of(part.not)})`;
    if ('all' in part)
      return part.all.length === 0 ? 'true' : `(${part.all.map((one) => this.of(one)).join(' AND ')})`;
    if ('any' in part)
      return part.any.length === 0 ? 'false' : `(${part.any.map((one) => this.of(one)).join(' OR ')})`;
    const field = this.#fields.get(part.field);
    if (field === undefined) throw new Error(`The field ${shown(part.field)} was not compiled.`);
    return 'own' in field ? this.#own(own[field.own], part.test) : this.#metadata(field, part.test);
  }

  #own(column: string, test: Test): string {
    if ('exists' in test) return `(${column} IS ${test.exists ? 'NOT ' : ''}NULL)`;
    const asIs = (text: string): string => text;
    const condition =
      'values' in test
        ? `${column} = ANY(${this.#parameters.add(test.values)}::text[])`
        : 'prefixes' in test
          ? this.#begins(column, test.prefixes, asIs)
          : this.#within(column, 'text', test.range, asIs);
    // Never NULL, which a NOT would not turn, and still a condition that indexes of the column answer.
    return `(${column} IS NOT NULL AND ${condition})`;
  }

  #metadata(field: Exclude<FilterField, { own: unknown }>, test: Test): string {
    const key = field.ways.length === 1 && field.ways[0]?.length === 1 ? field.ways[0][0] : undefined;
    if (key !== undefined && 'values' in test && test.values.length <= fewValues)
      return this.#contained(key, test.values);
    const isNumber = 'range' in test && typeof test.range[0]?.[1] === 'number';
    if (key !== undefined && isNumber) {
      // As the index of the field has it; never NULL, which a NOT would not turn.
      const number = numberSql(key);
      return `(${number} IS NOT NULL AND ${this.#within(number, 'numeric', test.range, storedText)})`;
    }
    const value = valueSql(field, this.#parameters);
    if ('exists' in test) return `(${value} IS ${test.exists ? 'NOT ' : ''}NULL)`;
    if ('values' in test) {
      const wanted = `${this.#parameters.add(test.values.map(storedJson))}::jsonb[]`;
      return this.#eachOf(value, (one) => `${one} = ANY(${wanted})`);
    }
    const text = (one: string): string => `(${one} #>> '{}') COLLATE "C"`;
    if ('prefixes' in test)
      return this.#eachOf(
        value,
        (one) =>
          `CASE WHEN jsonb_typeof(${one}) = 'string' THEN ${this.#begins(text(one), test.prefixes, storedText)} ELSE false END`,
      );
    const within = this.#within(
      isNumber ? `(${value} #>> '{}')::numeric` : text(value),
      isNumber ? 'numeric' : 'text',
      test.range,
      storedText,
    );
    return `CASE WHEN jsonb_typeof(${value}) = '${isNumber ? 'number' : 'string'}' THEN ${within} ELSE false END`;
  }

  /** By containment, which the index of `fields` answers: the value, or a list with it. */
  #contained(key: string, values: readonly Scalar[]): string {
    const parts = values.flatMap((value) =>
      [value, [value]].map((one) => {
        const wanted = JSON.stringify(storedFields({ [key]: one as Json }));
        return `i.fields @> ${this.#parameters.add(wanted)}::jsonb`;
      }),
    );
    return parts.length === 0 ? 'false' : `(${parts.join(' OR ')})`;
  }

  #begins(value: string, prefixes: readonly string[], stored: (text: string) => string): string {
    return `(${prefixes.map((one) => `starts_with(${value}, ${this.#parameters.add(stored(one))}::text)`).join(' OR ')})`;
  }

  #within(value: string, type: string, range: Range, stored: (text: string) => string): string {
    return range
      .map(([bound, limit]) => {
        const given = this.#parameters.add(typeof limit === 'string' ? stored(limit) : String(limit));
        return `${value} ${operators[bound]} ${given}::${type}`;
      })
      .join(' AND ');
  }

  /** A test of a value, or of a list one of whose elements has to pass it. */
  #eachOf(value: string, test: (one: string) => string): string {
    return `CASE jsonb_typeof(${value}) WHEN 'array'
      THEN EXISTS (SELECT 1 FROM jsonb_array_elements(${value}) AS element(one) WHERE ${test('element.one')})
      ELSE coalesce(${test(value)}, false) END`;
  }
}

type Range = readonly (readonly [bound: Bound, value: number | string])[];

const storedJson = (value: Scalar): string => JSON.stringify(storedFields(value));

/** Long whole numbers are kept as texts, which are not ordered as numbers. */
async function checkOrder(client: Client, items: string, { fields, ordered }: CompiledFilter): Promise<void> {
  for (const name of ordered) {
    const field = fields.get(name);
    if (field === undefined) continue;
    const parameters = new Parameters();
    const value = valueSql(field, parameters);
    const sql = `SELECT 1 FROM ${items} i WHERE CASE WHEN jsonb_typeof(${value}) = 'string'
      THEN (${value} #>> '{}') ~ '^-*[1-9][0-9]{15,}$' ELSE false END LIMIT 1`;
    const { rowCount } = await client.query(sql, parameters.values);
    if (rowCount !== 0)
      throw invalid(
        `The field ${shown(name)} cannot be compared by gte, gt, lte or lt: it holds whole numbers of more than 15 digits, which are kept as texts and not ordered as numbers. Use "equals" or "in".`,
      );
  }
}

/**
 * Returns the condition of a filter on rows `i` of a collection's items, and adds its values; `true` without a filter.
 * @throws SnapshelfError `filter-invalid`.
 */
export async function filterSql(
  client: Client,
  filter: Filter | undefined,
  {
    items,
    types,
    parameters,
  }: {
    readonly items: string;
    readonly types: ReadonlyMap<string, FieldType>;
    readonly parameters: Parameters;
  },
): Promise<string> {
  if (filter === undefined) return 'true';
  const compiled = compileFilter(filter, (key) => types.get(key));
  await checkOrder(client, items, compiled);
  return new FilterSql(compiled.fields, parameters).of(compiled.condition);
}
