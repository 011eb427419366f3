import { InvalidArgumentError } from 'commander';
import { defaultMaxCollections, defaultOpenCollections } from '../gallery/index.ts';
import { defaultLimits as defaultPictureLimits, type ImageLimits } from '../image/index.ts';
import { defaultLimits, defaultRateLimits, type Limits, type RateLimits } from '../server/index.ts';

/** The limits that `--limit` has set, by their names. */
export type GivenLimits = Readonly<Record<string, number>>;

/** All limits by their groups, with their defaults. */
const groups = {
  limits: defaultLimits as unknown as GivenLimits,
  rateLimits: defaultRateLimits as unknown as GivenLimits,
  collections: {
    maxCollections: defaultMaxCollections,
    openCollections: defaultOpenCollections,
  } as GivenLimits,
  pictures: defaultPictureLimits as unknown as GivenLimits,
} as const;

const names = Object.values(groups).flatMap((group) => Object.keys(group));

/** The largest values of limits that have one. */
const largest: GivenLimits = { clientPercent: 100, timeoutSeconds: 3600 };

/** True if a limit may be 0: it then means no limit, or one that is found out. */
const mayBeZero = (name: string): boolean =>
  Object.hasOwn(groups.rateLimits, name) || groups.limits[name] === 0;

/**
 * Adds a limit, `name=number`, to those given before, for an option that may be repeated.
 * @throws InvalidArgumentError, which commander prints.
 */
export function collectLimit(text: string, previous: GivenLimits = {}): GivenLimits {
  const [, name = '', digits = ''] = /^(\w+)=(\d{1,15})$/.exec(text) ?? [];
  if (!names.includes(name))
    throw new InvalidArgumentError(`Expected NAME=NUMBER, where the name is one of ${names.join(', ')}.`);
  const least = mayBeZero(name) ? 0 : 1;
  const most = largest[name] ?? Number.MAX_SAFE_INTEGER;
  if (Number(digits) >= least && Number(digits) <= most) return { ...previous, [name]: Number(digits) };
  throw new InvalidArgumentError(`${name} must be a whole number from ${least} to ${most}.`);
}

/** Splits limits into those of requests, of a minute, of pictures and of collections. */
export function limitsFrom(given: GivenLimits = {}): {
  readonly limits: Partial<Limits>;
  readonly rateLimits: Partial<RateLimits>;
  readonly pictures: ImageLimits;
  readonly collections: GivenLimits;
} {
  const of = (group: GivenLimits): GivenLimits =>
    Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(group, name)));
  const { limits, rateLimits, pictures, collections } = groups;
  return {
    limits: of(limits),
    rateLimits: of(rateLimits),
    collections: of(collections),
    pictures: { ...defaultPictureLimits, ...of(pictures) },
  };
}
