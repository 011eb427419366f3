import { SnapshelfError } from '../../errors.ts';
import { shown } from '../../json/index.ts';
import type { SqlValue } from './database.ts';
import { metadataPath } from './fields.ts';

const columns: Readonly<Record<string, string>> = {
  id: 'id',
  productId: 'product_id',
  label: 'label',
  split: 'split',
};
const maxCharacters = 4096;
/** Dots in a field's name up to which each of them may be a part of a key. */
const maxDots = 4;

/** A part of a statement, with the values of its `?` in order. */
export interface Expression {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** A column of `items`, or a place in its metadata. */
export type Target =
  | { readonly column: string }
  | {
      /** The key, if it is one of the metadata itself. */
      readonly key: string;
      /** The value's JSON text. */
      readonly json: Expression;
      /** SQLite's name of the value's type. */
      readonly type: Expression;
    };

/**
 * Finds what a field of a filter names. After `metadata.` comes a key of the metadata; an item that has no such key is asked
 * for one inside another, at each of the dots, the longest first key before the others.
 * @throws SnapshelfError `filter-invalid`.
 */
export function targetOf(field: string): Target {
  const column = Object.hasOwn(columns, field) ? columns[field] : undefined;
  if (column !== undefined) return { column };
  const key = /^metadata\.(.*)$/s.exec(field)?.[1];
  if (key === undefined || key.length > maxCharacters || /[\0\p{Cs}]/u.test(key))
    throw new SnapshelfError(
      'filter-invalid',
      `The field ${shown(field)} is none of ${Object.keys(columns).join(', ')}, and no path such as metadata.price.`,
    );
  const paths = keysOf(key).map(metadataPath);
  return { key, json: first('metadata -> ?', paths), type: first('json_type(metadata, ?)', paths) };
}

function keysOf(key: string): string[][] {
  const parts = key.split('.');
  return parts.length > maxDots + 1 ? [[key], parts] : divided(parts);
}

/** Every way to take the parts together as keys. */
function divided(parts: readonly string[]): string[][] {
  const ways = [[parts.join('.')]];
  for (let n = parts.length - 1; n > 0; n -= 1) {
    const key = parts.slice(0, n).join('.');
    for (const rest of divided(parts.slice(n))) ways.push([key, ...rest]);
  }
  return ways;
}

const first = (sql: string, paths: readonly string[]): Expression => ({
  sql: paths.length === 1 ? `(${sql})` : `coalesce(${paths.map(() => sql).join(', ')})`,
  values: paths,
});

/** Returns the value of a field to sort by. @throws SnapshelfError `filter-invalid`. */
export function sortExpression(field: string): Expression {
  const target = targetOf(field);
  return 'column' in target ? { sql: target.column, values: [] } : target.json;
}
