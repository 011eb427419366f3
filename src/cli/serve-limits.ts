import { InvalidArgumentError } from 'commander';
import { defaultLimits, defaultRateLimits, type Limits, type RateLimits } from '../server/index.ts';

/** The limits that `--limit` has set, by their names. */
export type GivenLimits = Readonly<Record<string, number>>;

const names = [...Object.keys(defaultLimits), ...Object.keys(defaultRateLimits)];

/**
 * Adds a limit, `name=number`, to those given before, for an option that may be repeated.
 * @throws InvalidArgumentError, which commander prints.
 */
export function collectLimit(text: string, previous: GivenLimits = {}): GivenLimits {
  const [, name = '', digits = ''] = /^(\w+)=(\d{1,15})$/.exec(text) ?? [];
  const least = Object.hasOwn(defaultRateLimits, name) ? 0 : 1;
  if (names.includes(name) && Number(digits) >= least) return { ...previous, [name]: Number(digits) };
  throw new InvalidArgumentError(`Expected NAME=NUMBER, where the name is one of ${names.join(', ')}.`);
}

/** Splits limits into those of one request and those of a minute. */
export function limitsFrom(given: GivenLimits = {}): {
  readonly limits: Partial<Limits>;
  readonly rateLimits: Partial<RateLimits>;
} {
  const entries = Object.entries(given);
  const ofMinute = (name: string): boolean => Object.hasOwn(defaultRateLimits, name);
  return {
    limits: Object.fromEntries(entries.filter(([name]) => !ofMinute(name))),
    rateLimits: Object.fromEntries(entries.filter(([name]) => ofMinute(name))),
  };
}
