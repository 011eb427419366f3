import { z } from 'zod';
import { parseJsonWithin } from '../json/index.ts';
import { architectures } from '../nn/index.ts';
import { checkRecipe } from './check-recipe.ts';
import type { Recipe } from './recipe.ts';
import type { RunConfig } from './run-folder.ts';

/** What runs did before there was a choice. */
const earlier = { teacher: null, labels: null } as const;
const earlierRecipe = { distillation: 1, similarity: 0, teacherScale: 1, progressive: [] } as const;

const sha256: z.ZodType<string> = z.string().regex(/^[0-9a-f]{64}$/);
const paths: z.ZodType<string[]> = z.array(z.string().max(4096)).max(1000);
const identified: z.ZodType<RunConfig['weights']> = z
  .object({ path: z.string().max(4096), sha256: sha256 })
  .nullable();
const count: z.ZodType<number> = z.int().min(0);

/** All but the recipe, which has a check of its own. */
const configSchema: z.ZodType<Omit<RunConfig, 'recipe'> & { readonly recipe: object }> = z.object({
  formatVersion: z.literal(1),
  architecture: z.string().refine((name) => architectures.includes(name), 'is not known'),
  recipeName: z.string().max(100),
  recipe: z.record(z.string(), z.unknown()),
  seed: z.int(),
  sources: paths,
  queries: paths,
  weights: identified,
  teacher: identified,
  validateEvery: z.int().min(1),
  skipBad: z.boolean(),
  classes: count,
  images: count,
  data: sha256,
  labels: sha256.nullable(),
});

/** Values of a configuration: some 80. */
const mostValues = 10_000;

/** What is wrong with a text that is no configuration. */
function whyOf(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.join('.') || 'it'}: ${issue?.message}`;
}

/**
 * The configuration in the text of a `run.json`; what runs of old do not say is filled in.
 * @returns undefined for one of another version
 * @throws RangeError, SyntaxError or TypeError that says what is wrong.
 */
export function parseConfig(text: string): RunConfig | undefined {
  const read = Object(parseJsonWithin(text, { values: mostValues }));
  if (read.formatVersion !== 1) return undefined;
  const { data, error } = configSchema.safeParse({ ...earlier, ...read });
  if (error !== undefined) throw new RangeError(whyOf(error), { cause: error });
  const recipe: Partial<Recipe> = { ...earlierRecipe, ...data.recipe };
  checkRecipe(recipe as Recipe);
  return { ...data, recipe: recipe as Recipe };
}
