import { checkWhole } from '../../arguments.ts';

/**
 * Units that a client may spend per minute. A request costs one; each picture of it beyond the first, each MiB beyond the first
 * and each 4 megapixels beyond the first another one. 0 sets no limit.
 */
export interface RateLimits {
  /** Of one key. Default 6,000. */
  readonly keyPerMinute: number;
  /** Of one address without a key; of IPv6, of one network of 64 bits. Default 1,200. */
  readonly addressPerMinute: number;
  /** Of this machine without a key. Default 600,000. */
  readonly localPerMinute: number;
}

/** The defaults of `RateLimits`. */
export const defaultRateLimits: RateLimits = {
  keyPerMinute: 6000,
  addressPerMinute: 1200,
  localPerMinute: 600_000,
};

/** Fills in the defaults of `given`. @throws RangeError for an unknown limit, or one that is no whole number of 0 or more. */
export function rateLimitsOf(given: Partial<RateLimits> = {}): RateLimits {
  const limits = { ...defaultRateLimits };
  for (const name of Object.keys(given) as (keyof RateLimits)[]) {
    if (!Object.hasOwn(limits, name)) throw new RangeError(`There is no rate limit named ${name}.`);
    const value = given[name] ?? limits[name];
    checkWhole(`rateLimits.${name}`, value, { from: 0 });
    limits[name] = value;
  }
  return limits;
}
