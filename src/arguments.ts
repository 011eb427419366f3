/** The bounds of a number; those that are left out do not apply. */
export interface Bounds {
  /** Least value. */
  readonly from?: number | undefined;
  /** Greatest value. */
  readonly to?: number | undefined;
  /** The value must be greater than this. */
  readonly above?: number | undefined;
  /** The value must be less than this. */
  readonly below?: number | undefined;
}

/** The bounds in words, to be put behind `a number`: ` from 1 to 64`, ` of at least 0 and below 1`; empty if there are none. */
export function describeBounds({ from, to, above, below }: Bounds): string {
  if (from !== undefined && to !== undefined) return ` from ${from} to ${to}`;
  const bounds = [
    from !== undefined && `of at least ${from}`,
    above !== undefined && `above ${above}`,
    to !== undefined && `of at most ${to}`,
    below !== undefined && `below ${below}`,
  ].filter((bound) => bound !== false);
  return bounds.length === 0 ? '' : ` ${bounds.join(' and ')}`;
}

function isWithin(value: number, { from, to, above, below }: Bounds): boolean {
  return (
    value >= (from ?? Number.NEGATIVE_INFINITY) &&
    value <= (to ?? Number.POSITIVE_INFINITY) &&
    value > (above ?? Number.NEGATIVE_INFINITY) &&
    value < (below ?? Number.POSITIVE_INFINITY)
  );
}

const shown = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));

/**
 * Checks a whole number that a caller passed as `name`.
 * @throws RangeError if `value` is none, or outside of `bounds`.
 */
export function checkWhole(name: string, value: number, bounds: Bounds = {}): void {
  if (!Number.isSafeInteger(value) || !isWithin(value, bounds))
    throw new RangeError(`${name} must be a whole number${describeBounds(bounds)}, not ${shown(value)}.`);
}

/**
 * Checks a finite number that a caller passed as `name`.
 * @throws RangeError if `value` is none, or outside of `bounds`.
 */
export function checkNumber(name: string, value: number, bounds: Bounds = {}): void {
  if (!Number.isFinite(value) || !isWithin(value, bounds))
    throw new RangeError(`${name} must be a number${describeBounds(bounds)}, not ${shown(value)}.`);
}

/**
 * Checks that a value that a caller passed as `name` is one of `allowed`.
 * @throws TypeError if it is not.
 */
export function checkOneOf<T>(name: string, value: unknown, allowed: readonly T[]): asserts value is T {
  if (!allowed.includes(value as T))
    throw new TypeError(`${name} must be ${allowed.map(shown).join(' or ')}, not ${shown(value)}.`);
}
