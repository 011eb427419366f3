import { z } from 'zod';
import { sha256 as hashText } from '../../files/index.ts';
import { parseJsonWithin } from '../../json/index.ts';
import { architectures } from '../../nn/index.ts';
import { describeProblems } from '../recipe/describe-problems.ts';
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
const between = mustBe('a number above 0 and below 1, or null');
const shareOrNull = z.number(between).gt(0, between).lt(1, between).nullable().default(null);
const known = mustBe(`one of ${architectures.join(', ')}`);

/** The most characters of a command line that are recorded. */
const mostCharacters = 2000;

/** A process that worked on the run, for the record. */
const callSchema = z.object({
  /** ISO 8601. */
  started: text(100),
  /** Steps that were done when it began. */
  step: whole(0),
  /** The command line; null if a program called the library. */
  command: text(mostCharacters).nullable(),
  /** Snapshelf's. */
  version: text(100),
  /** Of Snapshelf's own checkout; null if there is none. */
  commit: text(100).nullable(),
  node: text(100),
  cpu: text(1000),
  cores: whole(1),
  /** The execution provider of the steps. */
  provider: text(100),
});

/** A process that worked on a run, for the record. */
export type RunCall = Readonly<z.infer<typeof callSchema>>;

/** The most processes that a run records: the later ones take the place of those in the middle. */
const mostCalls = 100;

/** Everything that the result of a run follows from, and the processes that worked on it. */
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
  /** Share of each label's pictures that is held out to validate with; null, as in early runs: none. */
  holdOut: shareOrNull,
  /** Share of the labels that is held out to validate with; null, as in early runs: none. */
  holdOutLabels: shareOrNull,
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
  /** Every process that worked on the run, the first one first. None in early runs. */
  calls: z.array(callSchema).max(mostCalls).default([]),
});

/** The configuration of a run. It is written before the first step; after that, only calls are added. */
export type RunConfig = Readonly<z.infer<typeof configSchema>>;

/** The most values of a configuration; one has about 80, and ten for each call. */
const mostValues = 10_000;

/** Adds a process to the record. The first one is kept whatever their number. */
export function withCall(config: RunConfig, call: RunCall): RunConfig {
  const command = call.command?.slice(0, mostCharacters) ?? null;
  const all = [...config.calls, { ...call, command }];
  const calls = all.length > mostCalls ? [...all.slice(0, 1), ...all.slice(1 - mostCalls)] : all;
  return { ...config, calls };
}

/**
 * Checks a configuration, and fills in values that came later than the version that wrote it.
 * @throws RangeError that says what is wrong.
 */
export function checkConfig(value: unknown): RunConfig {
  const { data, error } = configSchema.safeParse(value);
  if (data !== undefined) return data;
  throw new RangeError(describeProblems(error, 'A run', configSchema), { cause: error });
}

/** Makes the text of a `run.json`: the configuration with a SHA-256 of itself, so that a flipped digit is noticed. */
export function serializeConfig(config: RunConfig): string {
  return `${JSON.stringify({ ...config, checksum: hashText(JSON.stringify(config)) }, null, 2)}\n`;
}

/**
 * Parses the text of a `run.json`, or returns undefined if it is of another format version. Early runs have no checksum.
 * @throws RangeError or SyntaxError that says what is wrong.
 */
export function parseConfig(json: string): RunConfig | undefined {
  const value = parseJsonWithin(json, { values: mostValues });
  if (Object(value).formatVersion !== 1) return undefined;
  const { checksum, ...rest } = value as Readonly<Record<string, unknown>>;
  if (checksum !== undefined && checksum !== hashText(JSON.stringify(rest)))
    throw new RangeError(
      'Its content does not fit its checksum. To keep values that were edited by hand, remove the checksum.',
    );
  return checkConfig(rest);
}
