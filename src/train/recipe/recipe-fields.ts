import { z } from 'zod';
import { type FieldInfo, infoOf, unwrapped } from './fields.ts';
import { type Recipe, recipeSchema } from './recipe-schema.ts';

/** One value of recipes, with its documentation. */
export interface RecipeField extends FieldInfo {
  /** A key, or a dotted path such as `jitter.hue`. */
  readonly key: string;
  /** The value if neither the recipe nor a setting says otherwise; undefined if there is none. */
  readonly default: unknown;
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

/**
 * The values of recipes that are no objects, each of which is an option of `snapshelf train`.
 * @example
 * for (const { key, default: value } of recipeFields()) console.log(key, value);
 */
export function recipeFields(): RecipeField[] {
  return Object.entries(recipeSchema.shape).flatMap(([key, schema]) => {
    const info = infoOf(schema);
    if (info === undefined || isGroup(unwrapped(schema))) return [];
    return [{ ...info, key, default: defaultOf(schema) }];
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
    if (own !== null && isGroup(unwrapped(inner)))
      return valuesOf(inner, Object(own), Object(fallback), `${key}.`);
    const info = infoOf(inner);
    return info === undefined ? [] : [{ ...info, key, value: own, default: fallback }];
  });
}

/**
 * Every value of a recipe, those inside its objects too.
 * @example
 * for (const { key, value } of describeRecipe(recipeOf('scratch'))) console.log(key, value);
 */
export const describeRecipe = (recipe: Recipe): RecipeValue[] => valuesOf(recipeSchema, recipe, {}, '');

/**
 * Checks one value of a recipe by itself.
 * @throws RangeError for a value out of range.
 * @example
 * checkRecipeValue('epochs', 12);
 */
export function checkRecipeValue(key: keyof Recipe, value: unknown): void {
  const { error } = recipeSchema.shape[key].safeParse(value);
  if (error === undefined) return;
  const [issue] = error.issues;
  throw new RangeError(`${[key, ...(issue?.path ?? [])].join('.')} ${issue?.message}.`, { cause: error });
}
