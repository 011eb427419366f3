import type fc from 'fast-check';
import { SnapshelfError } from '../../../src/errors.ts';

/** A reader of files from outside, with inputs that are nearly right. */
export interface Subject<T = unknown> {
  readonly name: string;
  readonly inputs: fc.Arbitrary<T>;
  /** Whether the input is at least taken for one of the format. */
  readonly passes: (input: T) => boolean;
  readonly read: (input: T) => unknown;
  /** Whether an error is meant for such input. */
  readonly isExpected: (error: unknown) => boolean;
}

export const isOurs = (error: unknown): boolean => error instanceof SnapshelfError;

/** Makes a subject whose inputs are nobody's business; its errors are Snapshelf's unless stated. */
export const subject = <T>(given: Omit<Subject<T>, 'isExpected'> & Partial<Subject<T>>): Subject =>
  ({ isExpected: isOurs, ...given }) as Subject<T> as Subject<unknown>;

/** What readers of formats with a version look at before all else. */
export const isVersion1 = (value: unknown): boolean => Object(value).formatVersion === 1;

export const decodes = (read: () => unknown): boolean => {
  try {
    read();
    return true;
  } catch {
    return false;
  }
};

export const parses = (text: string): boolean => decodes(() => JSON.parse(text));
