import { existsSync, realpathSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import type { Command } from 'commander';
import { isBenchmark } from '../datasets/index.ts';
import { type Recipe, RunFolder, type RunOptions, recipeOf } from '../train/index.ts';
import { architectureOfWeights } from '../weights/index.ts';
import { overridesOf } from './recipe-options.ts';
import type { ThoroughCommandLine } from './thorough-command.ts';
import { defaultArchitecture, givenOptions, namesOfCall, type TrainCommandOptions } from './train-options.ts';

/** Makes the recipe, or adds to the mistakes why there is none. */
function askedRecipe(name: string, options: TrainCommandOptions, mistakes: string[]): Recipe | undefined {
  try {
    return recipeOf(name, overridesOf(options), options.set);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    mistakes.push(...(Array.isArray(error.cause) ? error.cause : [error.message]));
    return undefined;
  }
}

/** The path without links; as it is if there is nothing. */
function realPathOf(source: string): string {
  try {
    return realpathSync(source);
  } catch {
    return resolve(source);
  }
}

/** Sources that are, or lie in, another one: their pictures would be learned under two labels. */
function sharedSources(sources: readonly string[]): string[] {
  const paths = sources.map(realPathOf);
  return sources.flatMap((source, at) => {
    const first = paths.indexOf(paths[at] ?? source);
    if (first < at) {
      const other = sources[first] === source ? '' : `, as ${sources[first]} too`;
      return [
        `The source ${source} is named twice${other}: each of its labels would be learned as two. Name it once.`,
      ];
    }
    const around = paths.findIndex((path) => isPlainFolder(source) && paths[at]?.startsWith(join(path, sep)));
    if (around < 0) return [];
    return [
      `The source ${source} lies in the source ${sources[around]}: each of its labels would be learned as two. Name one of them.`,
    ];
  });
}

/** True for a folder without pictures of its own to validate with, as a manifest or data set may have them. */
const isPlainFolder = (source: string): boolean =>
  statSync(source, { throwIfNoEntry: false })?.isDirectory() === true && !isBenchmark(source);

function mistakesOfSources(
  sources: readonly string[],
  { query, holdOut, holdOutLabels }: TrainCommandOptions,
  isPatient: boolean,
): string[] {
  const mistakes: string[] = [];
  if (sources.length === 0) mistakes.push('Name a folder, manifest or data set to train on.');
  mistakes.push(...sharedSources(sources));
  if (query.length > 0 && query.length !== sources.length)
    mistakes.push(
      `Give --query once for each of the ${sources.length} sources, or not at all, not ${query.length} times.`,
    );
  const ways = [
    query.length > 0 && '--query',
    holdOut !== undefined && '--hold-out',
    holdOutLabels !== undefined && '--hold-out-labels',
  ];
  const given = ways.filter((way) => way !== false);
  if (given.length > 1)
    mistakes.push(`The options ${given.join(' and ')} each say what is validated on: keep one of them.`);
  if (given.length === 0 && sources.length > 0 && isPatient && sources.every(isPlainFolder))
    mistakes.push(
      'There is nothing to validate with, which --patience needs: add --hold-out 0.1, or name pictures with --query.',
    );
  return mistakes;
}

/** A missing file alone is told by the library, with its code. */
function missingFiles(sources: readonly string[], { query, teacher }: TrainCommandOptions): string[] {
  const named = [...sources, ...query, ...(teacher === undefined ? [] : [teacher])];
  return named.filter((path) => !existsSync(path)).map((path) => `There is no file or folder ${path}.`);
}

/** The architecture that the weights say is theirs; undefined if they do not, or cannot be read. */
async function saidBy({ weights }: TrainCommandOptions, missing: string[]): Promise<string | undefined> {
  if (weights === undefined) return undefined;
  try {
    return await architectureOfWeights(weights);
  } catch (error) {
    missing.push((error as Error).message);
    return undefined;
  }
}

/** Makes the run from the command line. */
async function askedFor(
  sources: readonly string[],
  options: TrainCommandOptions,
  command: ThoroughCommandLine,
): Promise<RunOptions> {
  const { weights } = options;
  // Commander makes an empty text of a choice that it refused: the rest is checked as if it were not given.
  const arch = options.arch || undefined;
  const recipeName = options.recipe || (weights === undefined ? 'scratch' : 'finetune');
  const mistakes: string[] = [];
  const recipe = askedRecipe(recipeName, options, mistakes);
  // What follows an unknown option may be a source.
  if (sources.length > 0 || !command.isWrong)
    mistakes.push(...mistakesOfSources(sources, options, typeof recipe?.patience === 'number'));
  const missing = missingFiles(sources, options);
  const said = await saidBy(options, missing);
  if (arch !== undefined && said !== undefined && arch !== said)
    mistakes.push(
      `The weights ${weights} are those of ${said}, not of ${arch}: leave out --arch, or name others.`,
    );
  if (missing.length > 1 || mistakes.length > 0 || command.isWrong) mistakes.push(...missing);
  command.fail(mistakes);
  if (weights !== undefined && (arch ?? said) === undefined && missing.length === 0)
    process.stderr.write(
      `The weights do not say their architecture: ${defaultArchitecture} is taken; --arch names another.\n`,
    );
  const { teacher, seed, validateEvery, skipBad, holdOut, holdOutLabels } = options;
  return {
    architecture: arch ?? said ?? defaultArchitecture,
    recipeName,
    recipe: recipe as Recipe,
    sources,
    queries: options.query,
    holdOut,
    holdOutLabels,
    weights,
    teacher,
    seed,
    validateEvery,
    skipBad,
  };
}

/** Reads the run that a folder records: enough to go on with `--out RUN --resume` alone. */
async function recordedIn(path: string): Promise<RunOptions | undefined> {
  const config = await new RunFolder(path).readConfig();
  if (config === undefined) return undefined;
  return { ...config, weights: config.weights?.path, teacher: config.teacher?.path };
}

function refuseChanges(command: Command): void {
  const ofTheCall = namesOfCall();
  const given = givenOptions(command).filter((option) => !ofTheCall.has(option.attributeName()));
  if (given.length > 0)
    throw new RangeError(
      `Without a source, --resume goes on with the run as it is recorded: leave out ${given.map(({ long }) => long).join(', ')}.`,
    );
}

/**
 * Makes the run of a command line, or reads the one that `--out RUN --resume` goes on with.
 * @throws RangeError or CommanderError with all mistakes; SnapshelfError `run-invalid`.
 */
export async function runOptions(
  sources: readonly string[],
  options: TrainCommandOptions,
  command: ThoroughCommandLine,
): Promise<RunOptions> {
  const isAlone = options.resume === true && sources.length === 0 && !command.isWrong;
  const recorded = isAlone ? await recordedIn(options.out) : undefined;
  if (recorded !== undefined) refuseChanges(command);
  else if (isAlone)
    throw new RangeError(
      `There is no run in ${options.out} that could go on: nothing was saved. Name what to train on, to begin one.`,
    );
  return recorded ?? askedFor(sources, options, command);
}
