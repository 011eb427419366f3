import type { Filter, Json } from '../../../src/engine/index.ts';
import { spellingsOf } from '../../../src/text.ts';

/** A part of a statement, with the values of its `?` in order. */
export interface Sql {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

const ownColumns: Readonly<Record<string, string>> = {
  id: 'id',
  productId: 'product_id',
  label: 'label',
  split: 'split',
};
const operators: Readonly<Record<string, string>> = { gte: '>=', gt: '>', lte: '<=', lt: '<' };

/**
 * What a filter means to SQLite, which read it from the JSON of each row in earlier releases: a condition on rows of `items`
 * that is never NULL. The filter is one that is not refused.
 */
export function sqlOf(filter: Filter): Sql {
  if ('not' in filter) {
    const { sql, values } = sqlOf(filter.not);
    return { sql: `(NOT ${sql})`, values };
  }
  if ('and' in filter) return joined(filter.and, 'AND', '(1)');
  if ('or' in filter) return joined(filter.or, 'OR', '(0)');
  const { field, ...test } = filter;
  const target = targetOf(field);
  const parts = Object.entries(test).map(([key, value]) => conditionOf(target, key, value as Json));
  return {
    sql: `(${parts.map(({ sql }) => sql).join(' AND ')})`,
    values: parts.flatMap(({ values }) => values),
  };
}

function joined(filters: readonly Filter[], word: string, none: string): Sql {
  const parts = filters.map(sqlOf);
  const sql = parts.length === 0 ? none : `(${parts.map((part) => part.sql).join(` ${word} `)})`;
  return { sql, values: parts.flatMap(({ values }) => values) };
}

/** A value's JSON text, and SQLite's name of its type; of a column only the text itself. */
type Target = { readonly column: string } | { readonly json: Sql; readonly type: Sql };

function targetOf(field: string): Target {
  const column = ownColumns[field];
  if (column !== undefined) return { column };
  const ways = divided(field.slice('metadata.'.length).split('.'));
  const paths = ways.map((keys) => `$${keys.map((key) => `.${JSON.stringify(key)}`).join('')}`);
  const first = (sql: string): Sql => ({
    sql: `coalesce(${[...paths, paths[0]].map(() => sql).join(', ')})`,
    values: [...paths, paths[0] ?? ''],
  });
  return { json: first('metadata -> ?'), type: first('json_type(metadata, ?)') };
}

function divided(parts: readonly string[]): string[][] {
  const ways = [[parts.join('.')]];
  for (let n = parts.length - 1; n > 0; n -= 1)
    for (const rest of divided(parts.slice(n))) ways.push([parts.slice(0, n).join('.'), ...rest]);
  return ways;
}

function conditionOf(target: Target, key: string, value: Json): Sql {
  if (key === 'exists') {
    const not = value === true ? 'NOT' : '';
    if ('column' in target) return { sql: `(${target.column} IS ${not} NULL)`, values: [] };
    return { sql: `(${target.type.sql} IS ${not} NULL)`, values: target.type.values };
  }
  if (key === 'prefix') return prefix(target, String(value));
  const operator = operators[key];
  if (operator !== undefined) return range(target, operator, value as string | number);
  return equalsAny(target, key === 'in' ? (value as Json[]) : [value]);
}

const begins = (sql: string): string => `substr(hex(${sql}), 1, length(hex(?))) = hex(?)`;

function prefix(target: Target, text: string): Sql {
  if ('column' in target) {
    const spellings = spellingsOf(text);
    const sql = spellings.map(() => begins(target.column)).join(' OR ');
    return {
      sql: `(${target.column} IS NOT NULL AND (${sql}))`,
      values: spellings.flatMap((one) => [one, one]),
    };
  }
  const { json, type } = target;
  return {
    sql: `(ifnull(${type.sql} = 'text' AND ${begins(`(${json.sql} ->> '$')`)}, 0)
      OR (ifnull(${type.sql} = 'array', 0) AND EXISTS (SELECT 1 FROM json_each(${json.sql})
        WHERE type = 'text' AND ${begins('value')})))`,
    values: [...type.values, ...json.values, text, text, ...type.values, ...json.values, text, text],
  };
}

function range(target: Target, operator: string, value: string | number): Sql {
  if ('column' in target) return { sql: `ifnull(${target.column} ${operator} ?, 0)`, values: [value] };
  const types = typeof value === 'number' ? "'integer', 'real'" : "'text'";
  const { json, type } = target;
  return {
    sql: `ifnull(${type.sql} IN (${types}) AND (${json.sql} ->> '$') ${operator} ?, 0)`,
    values: [...type.values, ...json.values, value],
  };
}

function equalsAny(target: Target, wanted: readonly Json[]): Sql {
  if ('column' in target) {
    const texts = wanted.flatMap((value) => (value === null ? [] : spellingsOf(String(value))));
    const sql = `(ifnull(${target.column} IN (SELECT value FROM json_each(?)), 0))`;
    return { sql, values: [JSON.stringify(texts)] };
  }
  const { json, type } = target;
  const values = wanted.flatMap(withItsText);
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

/** A value and its text are the same. */
function withItsText(value: Json): Json[] {
  if (value === null) return [null];
  if (typeof value !== 'string') return [value, String(value)];
  if (value === 'true' || value === 'false') return [value, value === 'true'];
  const number = Number(value);
  return Number.isFinite(number) && String(number) === value ? [value, number] : [value];
}
