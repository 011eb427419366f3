import { z } from 'zod';
import { sentence } from './describe-problems.ts';
import { type FieldInfo, infoOf, unwrapped } from './fields.ts';
import { parseSettingValue } from './parse-recipe.ts';
import { type Recipe, recipeSchema } from './recipe-schema.ts';

/** One value of recipes, with its documentation. */
export interface RecipeField extends FieldInfo {
  /** A key, or a dotted path such as `jitter.hue`. */
  readonly key: string;
  /** The value if neither the recipe nor a setting says otherwise; undefined if there is none. */
  readonly default: unknown;
}

/** A value of recipes that an option of `snapshelf train` sets. */
export interface RecipeOption extends RecipeField {
  readonly key: keyof Recipe;
  /**
   * Parses the text of the option: JSON, or plain text.
   * @throws RangeError for a value out of range.
   */
  readonly parse: (text: string) => unknown;
}

/** One value of a certain recipe. */
export interface RecipeValue extends RecipeField {
  readonly value: unknown;
}

type Values = Readonly<Record<string, unknown>>;

const isGroup = (schema: z.core.$ZodType): boolean =>
  schema instanceof z.ZodObject || schema instanceof z.ZodDiscriminatedUnion;

function defaultOf(schema: z.core.$ZodType): unknown {
  if (schema instanceof z.ZodPipe) return defaultOf(schema.def.out);
  return schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined;
}

function parse(key: keyof Recipe, schema: z.ZodType, text: string): unknown {
  const { data, error } = schema.safeParse(parseSettingValue(text));
  if (error === undefined) return data;
  const [issue] = error.issues;
  throw new RangeError(sentence(`${[key, ...(issue?.path ?? [])].join('.')} ${issue?.message}`), {
    cause: error,
  });
}

/**
 * Lists the values of recipes that are no objects, each of which is an option of `snapshelf train`.
 * @example
 * ```ts
 * import { recipeOptions } from 'snapshelf/train';
 *
 * for (const { key, description, range } of recipeOptions()) console.log(`${key}: ${description} (${range})`);
 * ```
 */
export function recipeOptions(): RecipeOption[] {
  return (Object.entries(recipeSchema.shape) as [keyof Recipe, z.ZodType][]).flatMap(([key, schema]) => {
    const info = infoOf(schema);
    if (info === undefined || isGroup(unwrapped(schema))) return [];
    return [{ ...info, key, default: defaultOf(schema), parse: (text) => parse(key, schema, text) }];
  });
}

/** The schemas of the values of an object. */
function shapeOf(schema: z.core.$ZodType, value: Values): z.core.$ZodLooseShape {
  if (schema instanceof z.ZodObject) return schema.shape;
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return {};
  const option = schema.options.find((one) => one instanceof z.ZodObject && one.safeParse(value).success);
  return option instanceof z.ZodObject ? option.shape : {};
}

function valuesOf(schema: z.core.$ZodType, value: Values, defaults: Values, path: string): RecipeValue[] {
  return Object.entries(shapeOf(unwrapped(schema), value)).flatMap(([name, inner]) => {
    const key = path + name;
    const own = value[name];
    const ownDefault = defaultOf(inner);
    const fallback = ownDefault === undefined ? defaults[name] : ownDefault;
    if (inner instanceof z.ZodOptional && own === undefined) return [];
    const info = infoOf(inner);
    const isEmpty = info !== undefined && Object.keys(Object(own)).length === 0;
    if (own !== null && !isEmpty && isGroup(unwrapped(inner)))
      return valuesOf(inner, Object(own), Object(fallback), `${key}.`);
    return info === undefined ? [] : [{ ...info, key, value: own, default: fallback }];
  });
}

/**
 * Lists every value of a recipe, those inside its objects too.
 * @example
 * ```ts
 * import { describeRecipe, recipeOf } from 'snapshelf/train';
 *
 * for (const { key, value, unit = '' } of describeRecipe(recipeOf('finetune'))) console.log(key, value, unit);
 * ```
 */
export const describeRecipe = (recipe: Recipe): RecipeValue[] => valuesOf(recipeSchema, recipe, {}, '');
