import { z } from 'zod';
import { parseJsonWithin } from '../../json/index.ts';
import { architectures } from '../../nn/index.ts';
import { describeProblem } from '../recipe/describe-problem.ts';
import { mustBe } from '../recipe/fields.ts';
import { recipeSchema } from '../recipe/recipe-schema.ts';

function text(most: number): z.ZodString {
  const says = mustBe(`a text of at most ${most} characters`);
  return z.string(says).max(most, says);
}

function whole(from: number): z.ZodInt {
  const says = mustBe(`a whole number of at least ${from}`);
  return z.int(says).min(from, says);
}

const digits = mustBe('64 hexadecimal digits');
const sha256 = z.string(digits).regex(/^[0-9a-f]{64}$/, digits);
const listOfPaths = mustBe('a list of at most 1000 paths');
const paths = z.array(text(4096), listOfPaths).max(1000, listOfPaths);
const file = z
  .object({ path: text(4096), sha256 }, mustBe('an object with path and sha256, or null'))
  .nullable();
const known = mustBe(`one of ${architectures.join(', ')}`);

/** Everything that the result of a run follows from. */
const configSchema = z.object({
  formatVersion: z.literal(1),
  architecture: z.string(known).refine((name) => architectures.includes(name), known),
  /** Name of the recipe that `recipe` began as. */
  recipeName: text(100),
  recipe: recipeSchema,
  seed: z.int(mustBe('a whole number')),
  /** Absolute paths of what is trained on. */
  sources: paths,
  /** Absolute paths of the query pictures that belong to each source, or none. */
  queries: paths,
  weights: file,
  /** The model whose logits are learned. Null, as in early runs that lack it: there is none. */
  teacher: file.default(null),
  /** Epochs between validations. */
  validateEvery: whole(1),
  skipBad: z.boolean(mustBe('true or false')),
  classes: whole(0),
  images: whole(0),
  /** SHA-256 of the ids and labels of all training pictures, in order. */
  data: sha256,
  /** SHA-256 of the labels in the order of their numbers: a teacher must number them alike. Null in early runs. */
  labels: sha256.nullable().default(null),
});

/** The configuration of a run. It is written before the first step and never changed. */
export type RunConfig = Readonly<z.infer<typeof configSchema>>;

/** The most values of a configuration; one has about 80. */
const mostValues = 10_000;

/**
 * Checks a configuration, and fills in values that came later than the version that wrote it.
 * @throws RangeError that says what is wrong.
 */
export function checkConfig(value: unknown): RunConfig {
  const { data, error } = configSchema.safeParse(value);
  if (data !== undefined) return data;
  throw new RangeError(describeProblem(error, 'A run', configSchema), { cause: error });
}

/**
 * Parses the text of a `run.json`, or returns undefined if it is of another format version.
 * @throws RangeError or SyntaxError that says what is wrong.
 */
export function parseConfig(json: string): RunConfig | undefined {
  const value = parseJsonWithin(json, { values: mostValues });
  return Object(value).formatVersion === 1 ? checkConfig(value) : undefined;
}
