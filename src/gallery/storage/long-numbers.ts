import type { FieldType } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { shown } from '../../json/index.ts';
import type { Database, SqlValue } from './database.ts';
import type { Expression, Target } from './filter-field.ts';

/** A field whose order a filter asks for, with the condition on rows of `items` whose value has no place in it. */
export interface OrderedField extends Expression {
  readonly field: string;
}

/** True for a whole number that JSON readers keep as text, since no number of JavaScript has all of its digits. */
export const isLongNumber = (value: number | string): boolean =>
  typeof value === 'string' && /^-?\d{16,}$/.test(value) && !Number.isSafeInteger(Number(value));

const isNumeric = (bound: number | string): boolean =>
  typeof bound === 'number' || (bound.trim() !== '' && Number.isFinite(Number(bound)));

/**
 * Returns the condition for long whole numbers in a field that is compared with a bound. They are kept as texts: a number
 * would be compared with none of them, and a text that is a number digit by digit, "5" behind "12345678901234567".
 * Undefined where that cannot be: for columns, which are texts, numbers alone, and bounds that are no numbers.
 */
export function orderedField(
  field: string,
  { target, type }: { readonly target: Target; readonly type: FieldType | undefined },
  bound: number | string,
): OrderedField | undefined {
  if ('column' in target || !isNumeric(bound)) return undefined;
  // The key of an object may have the same name as one with dots, and has no type.
  if (type === 'number' && !target.key.includes('.')) return undefined;
  const { json, type: jsonType } = target;
  return {
    field,
    sql: `(ifnull(${jsonType.sql} = 'text', 0) AND EXISTS (SELECT 1 FROM (SELECT ltrim(${json.sql} ->> '$', '-') AS digits)
      WHERE length(digits) > 15 AND digits GLOB '[1-9]*' AND digits NOT GLOB '*[^0-9]*'))`,
    values: [...jsonType.values, ...json.values],
  };
}

/**
 * Checks that no row of a window holds a long whole number in one of the fields.
 *
 * @param window what rows to look at, with its values
 * @throws SnapshelfError `filter-invalid`
 */
export function checkOrder(
  database: Database,
  fields: readonly OrderedField[],
  window: { readonly sql: string; readonly values: readonly SqlValue[] },
): void {
  const cases = fields.map(({ sql }, at) => `WHEN ${sql} THEN ${at}`).join(' ');
  const sql = `SELECT at FROM (SELECT CASE ${cases} END AS at FROM items WHERE ${window.sql}) WHERE at IS NOT NULL LIMIT 1`;
  const values = [...fields.flatMap((one) => one.values), ...window.values];
  const [found] = database.query<{ at: number }>(sql).all(values);
  const field = found === undefined ? undefined : fields[found.at]?.field;
  if (field === undefined) return;
  throw new SnapshelfError(
    'filter-invalid',
    `The field ${shown(field)} cannot be compared by gte, gt, lte or lt: it holds whole numbers of more than 15 digits, which are kept as texts and not ordered as numbers. Use "equals" or "in".`,
  );
}
