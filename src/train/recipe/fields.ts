import { z } from 'zod';
import { type Bounds, describeBounds } from '../../arguments.ts';
import { shown } from '../../json/index.ts';

/** The documentation of one value of a recipe. */
export interface FieldInfo {
  /** A noun phrase in lower case, without a full stop. */
  readonly description: string;
  /** The values that are allowed, in words: `a whole number of at least 1`. */
  readonly range: string;
  /** The unit of the value, such as `pixels`; undefined if it has none. */
  readonly unit?: string | undefined;
  /** The name of its option of `snapshelf train`. Default: the key in kebab case. */
  readonly option?: string | undefined;
}

type NumberField = Bounds & Pick<FieldInfo, 'unit' | 'option'>;

const infos = z.registry<FieldInfo>();

/** Attaches the information to a schema; the JSON Schema gets the description as a sentence. */
export function described<T extends z.ZodType>(schema: T, info: FieldInfo): T {
  const { description } = info;
  infos.add(schema, info);
  z.globalRegistry.add(schema, { description: `${description[0]?.toUpperCase()}${description.slice(1)}.` });
  return schema;
}

/** The schema inside a default, an `or null` or the removal of other variants' keys; undefined if there is none. */
function innerOf(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodNullable || schema instanceof z.ZodOptional)
    return schema.def.innerType;
  return schema instanceof z.ZodPipe ? schema.def.out : undefined;
}

/** The innermost schema: an object, a union, a number. */
export function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const inner = innerOf(schema);
  return inner === undefined ? schema : unwrapped(inner);
}

/** The information about a value, or undefined if its schema has none. */
export function infoOf(schema: z.core.$ZodType): FieldInfo | undefined {
  const inner = innerOf(schema);
  return infos.get(schema as z.ZodType) ?? (inner && infoOf(inner));
}

/** The message of a schema that refuses a value, to be put behind the value's name. */
export const mustBe = (range: string) => ({
  error: ({ input }: { readonly input?: unknown }) => `must be ${range}, not ${shown(input)}`,
});

function bounded<T extends z.ZodNumber>(schema: T, { from, above, to, below }: Bounds, range: string): T {
  let result = schema;
  if (from !== undefined) result = result.min(from, mustBe(range));
  if (above !== undefined) result = result.gt(above, mustBe(range));
  if (to !== undefined) result = result.max(to, mustBe(range));
  if (below !== undefined) result = result.lt(below, mustBe(range));
  return result;
}

function numeric(isWhole: boolean, description: string, field: NumberField, extra = ''): z.ZodNumber {
  const range = `a ${isWhole ? 'whole ' : ''}number${describeBounds(field)}${extra}`;
  const schema = isWhole ? z.int(mustBe(range)) : z.number(mustBe(range));
  const { unit, option } = field;
  return described(bounded(schema, field, range), { description, range, unit, option });
}

function orNull<T extends z.ZodType>(schema: T): z.ZodNullable<T> {
  const nullable = schema.nullable();
  const info = infos.get(schema);
  return info === undefined ? nullable : described(nullable, info);
}

/** A whole number. */
export const whole = (description: string, field: NumberField): z.ZodNumber =>
  numeric(true, description, field);

/** A whole number, or null. */
export const wholeOrNull = (description: string, field: NumberField): z.ZodNullable<z.ZodNumber> =>
  orNull(numeric(true, description, field, ', or null'));

/** A finite number. */
export const number = (description: string, field: NumberField): z.ZodNumber =>
  numeric(false, description, field);

/** A finite number, or null. */
export const numberOrNull = (description: string, field: NumberField): z.ZodNullable<z.ZodNumber> =>
  orNull(numeric(false, description, field, ', or null'));

/** `[least, most]`, both above 0, `most` up to a bound. */
export function interval(
  description: string,
  { to = Number.POSITIVE_INFINITY }: { readonly to?: number } = {},
) {
  const range = `[least, most] with 0 < least <= most${to < Number.POSITIVE_INFINITY ? ` <= ${to}` : ''}`;
  const end = z.number(mustBe('a number'));
  const schema = z
    .tuple([end, end], mustBe(range))
    .refine(([least, most]) => 0 < least && least <= most && most <= to, mustBe(range));
  return described(schema, { description, range });
}

/** One of some names or numbers. */
export function choice<const T extends readonly (string | number)[]>(
  description: string,
  values: T,
  option?: string,
) {
  const range = `one of ${values.join(', ')}`;
  return described(z.literal(values, mustBe(range)), { description, range, option });
}

/** True or false. */
export const flag = (description: string) => {
  const range = 'true or false';
  return described(z.boolean(mustBe(range)), { description, range });
};

/** An object that has no other keys. */
export const group = <T extends z.ZodRawShape>(shape: T) =>
  z.strictObject(shape, {
    error: ({ code, input }) =>
      code === 'unrecognized_keys' ? undefined : `must be an object, not ${shown(input)}`,
  });

type Variant = z.ZodObject<z.ZodRawShape>;

/** Removes the keys that only other kinds have, so that one setting (`schedule.kind=constant`) changes the kind. */
function withoutOthers(value: unknown, key: string, options: readonly Variant[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const kind = options.find((option) => nameOf(option, key) === (value as Record<string, unknown>)[key]);
  if (kind === undefined) return value;
  const isOther = (name: string): boolean =>
    !Object.hasOwn(kind.shape, name) && options.some(({ shape }) => Object.hasOwn(shape, name));
  return Object.fromEntries(Object.entries(value).filter(([name]) => !isOther(name)));
}

const nameOf = ({ shape }: Variant, key: string): unknown => (shape[key] as z.ZodLiteral<string>).value;

/** An object of one of several kinds, told by `key`. Keys of the other kinds are left out, others are refused. */
export function variants<const T extends readonly [Variant, ...Variant[]]>(
  description: string,
  key: string,
  options: T,
  fallback: z.output<T[number]>,
) {
  const names = options.map((option) => nameOf(option, key)).join(', ');
  for (const { shape } of options)
    described(shape[key] as z.ZodType, { description: 'kind', range: `one of ${names}` });
  const union = z.discriminatedUnion(key, options, {
    error: ({ input }) =>
      Object(input) === input
        ? `must be one of ${names}, not ${shown((input as Record<string, unknown>)[key])}`
        : `must be an object, not ${shown(input)}`,
  });
  return described(
    // Outside of the default: JSON Schema has none for what a function is applied to.
    z.preprocess(
      (value) => withoutOthers(value, key, options),
      union.default(fallback as z.util.NoUndefined<z.output<typeof union>>),
    ),
    { description, range: `an object whose ${key} is one of ${names}` },
  );
}
