import type { Scalar } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { shown } from '../../json/index.ts';

/** The codes that mean the same in every dictionary; those of numbers and texts come after them. */
export const codes = { missing: 0, object: 1, null: 2, false: 3, true: 4, first: 5 } as const;

/** Bytes of the different texts of a column. */
export const maxTextBytes: number = 512 * 2 ** 20;

/** Makes the error of a field whose values are too much to be held in memory. */
export const tooMuchText = (field: string): SnapshelfError =>
  new SnapshelfError(
    'filter-invalid',
    `The field ${shown(field)} holds more than ${maxTextBytes / 2 ** 20} MiB of different texts, too much to filter or count by. Name a field of shorter texts.`,
  );

/** An end of an interval; an open one is no part of it. */
interface End {
  readonly value: number | string;
  readonly open: boolean;
}

/** The values between two ends; a missing end is no limit. */
export interface Interval {
  readonly low?: End | undefined;
  readonly high?: End | undefined;
}

/** Returns the code of a value that has the same in every dictionary; undefined for numbers and texts. */
export const knownCode = (value: Scalar): number | undefined =>
  value === null ? codes.null : typeof value !== 'boolean' ? undefined : value ? codes.true : codes.false;

/** True for the digits, with a minus or without, that are kept as text because they are too many for a number. */
export function isLongNumber(bytes: Uint8Array, length: number): boolean {
  let at = 0;
  while (at < length && bytes[at] === 45) at += 1;
  if (length - at <= 15 || bytes[at] === 48) return false;
  for (; at < length; at += 1) if ((bytes[at] as number) < 48 || (bytes[at] as number) > 57) return false;
  return true;
}
