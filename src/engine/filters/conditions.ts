import { SnapshelfError } from '../../errors.ts';
import { isRoundedWhole, shown } from '../../json/index.ts';
import type { FieldType } from '../types.ts';

/** A value that conditions compare. */
export type Scalar = null | boolean | number | string;

/** Characters of the longest text that filters give. A longer value is equal to none of them, and ordered by its beginning. */
export const maxComparedText = 4096;

/** The comparisons of a range. */
export const bounds = ['gte', 'gt', 'lte', 'lt'] as const;
/** One of them. */
export type Bound = (typeof bounds)[number];

/** Makes the error of a filter. */
export const invalid = (message: string): SnapshelfError => new SnapshelfError('filter-invalid', message);

/** True for a whole number that JSON readers keep as text, since no number of JavaScript has all of its digits. */
const isLongNumber = (value: number | string): boolean =>
  typeof value === 'string' && /^-?\d{16,}$/.test(value) && !Number.isSafeInteger(Number(value));

/** True for a number, and for a text that is one. */
export const isNumeric = (bound: number | string): boolean =>
  typeof bound === 'number' || (bound.trim() !== '' && Number.isFinite(Number(bound)));

/** Returns a value that may be compared with others. @throws SnapshelfError `filter-invalid`. */
function checkedScalar(value: unknown): Scalar {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'string' && value.length <= maxComparedText && !/\p{Cs}/u.test(value)) return value;
  throw invalid(
    `Values are compared with null, true, false, a finite number or a string of at most ${maxComparedText} characters, not with ${shown(value)}.`,
  );
}

/** Returns a value to look for. @throws SnapshelfError `filter-invalid`. */
export function checkedEqual(value: unknown): Scalar {
  const scalar = checkedScalar(value);
  if (typeof scalar === 'number' && isRoundedWhole(scalar))
    throw invalid(
      `The number ${scalar} is rounded: give whole numbers beyond ${Number.MAX_SAFE_INTEGER} as text.`,
    );
  return scalar;
}

/** Returns a bound. One that could only give a wrong answer is refused: texts are not ordered as the numbers in them. @throws SnapshelfError `filter-invalid`. */
export function checkedBound(bound: Bound, given: unknown, type: FieldType | undefined): number | string {
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

/** Returns the beginning of texts. One that could only give an empty answer is refused. @throws SnapshelfError `filter-invalid`. */
export function checkedPrefix(given: unknown, type: FieldType | undefined): string {
  const value = checkedScalar(given);
  if (typeof value !== 'string') throw invalid(`"prefix" takes a string, not ${shown(value)}.`);
  if (type === 'number' || type === 'boolean')
    throw invalid(
      `"prefix" looks at the beginning of texts, but the field holds values of the type ${type}. Use another condition.`,
    );
  return value;
}

/** A value and its text are the same: what one writes as 123 another has stored as "123". */
export function withItsText(value: Scalar): Scalar[] {
  if (value === null) return [null];
  if (typeof value !== 'string') return [value, String(value)];
  if (value === 'true' || value === 'false') return [value, value === 'true'];
  const number = Number(value);
  return Number.isFinite(number) && String(number) === value ? [value, number] : [value];
}
