import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { checkWhole } from '../arguments.ts';
import type { Sample } from '../datasets/index.ts';
import { SnapshelfError } from '../errors.ts';
import { defaultKs } from '../eval/index.ts';
import { sha256 } from '../files/index.ts';
import { counted } from '../text.ts';
import { lossText, parseLoss } from '../train/recipe/loss-expression.ts';
import { hashWeightsFile, shippedWeights } from '../weights/index.ts';
import type { BakeoffRequest } from './bakeoff-options.ts';
import { type Plan, type Protocol, planSchema } from './formats.ts';
import { gridOf } from './grid.ts';
import { jobsOf } from './jobs.ts';
import type { Parts } from './split.ts';

/** The loss that the others are compared with. */
export const baseline = 'cross-entropy';

/** K of Recall@K where the data set is none of the literature. */
const ownKs = [1, 2, 4, 8];

const defaultImagesPerLabel = 4;

const countOf = (samples: readonly Sample[]) => ({
  labels: new Set(samples.map(({ label }) => label)).size,
  pictures: samples.length,
});

async function protocolOf(request: BakeoffRequest, parts: Parts): Promise<Protocol> {
  const { architecture, weights, recipe, recipeName, seed = 1 } = request;
  const { imagesPerLabel = defaultImagesPerLabel } = request;
  const { training, search, validation, test, benchmark, hash, split } = parts;
  return {
    data: hash,
    benchmark,
    split,
    parts: {
      training: countOf(training),
      search: countOf(search),
      validation: countOf(validation),
      test: countOf([...test.queries, ...(test.gallery ?? [])]),
    },
    architecture,
    weights: weights === undefined ? null : await hashWeightsFile(weights),
    recipeName,
    recipe: { ...recipe, loss: baseline, imagesPerLabel: null, sampler: 'shuffled', patience: null },
    imagesPerLabel,
    seed,
    metric: 'cosine',
    selection: 'map@r',
    ks: benchmark === null ? ownKs : [...defaultKs[benchmark]],
  };
}

/** Refuses batches that the pictures cannot fill, before the first of many trainings fails by them. */
function checkBatches({ protocol, losses }: Omit<Plan, 'jobs'>): void {
  const { recipe, imagesPerLabel, parts } = protocol;
  checkWhole('imagesPerLabel', imagesPerLabel, { from: 2 });
  if (recipe.batch % imagesPerLabel !== 0)
    throw new RangeError(
      `The batch must be a multiple of the pictures of a label in it, ${imagesPerLabel}, not ${recipe.batch}.`,
    );
  const { labels, pictures } = parts.search;
  const needed = recipe.batch / imagesPerLabel;
  const pairwise = losses.find(({ comparesPictures }) => comparesPictures);
  if (pairwise !== undefined && labels < needed)
    throw new RangeError(
      `The search for values trains on ${counted(labels, 'label')}, but a batch of ${recipe.batch} with ${counted(imagesPerLabel, 'picture')} of a label, for ${pairwise.loss}, needs ${needed}. Choose a smaller batch, or more pictures of a label.`,
    );
  if (pictures < recipe.batch)
    throw new RangeError(
      `The search for values trains on ${counted(pictures, 'picture')}, fewer than one batch of ${recipe.batch}. Choose a smaller batch.`,
    );
}

function refuseOther(folder: string, recorded: Protocol, asked: Protocol): void {
  const differing = (Object.keys(asked) as (keyof Protocol)[]).filter(
    (key) => !isDeepStrictEqual(recorded[key], asked[key]),
  );
  if (differing.length > 0)
    throw new SnapshelfError(
      'run-exists',
      `The bake-off in ${folder} has another ${differing.join(', ')} than what is asked now. Losses and seeds can be added; for anything else choose another folder.`,
      { details: { differing } },
    );
}

/** The losses that are asked, the baseline first, each once and in one way of writing it. */
function askedLosses(losses: readonly string[]): string[] {
  const written = losses.map((loss) => lossText(parseLoss(loss)));
  return [...new Set([baseline, ...written])];
}

/** The name of weights that ship, else their absolute path; null: there are none. */
function placeOf(weights: string | undefined): string | null {
  if (weights === undefined) return null;
  return shippedWeights.has(weights) ? weights : resolve(weights);
}

/** Puts the jobs of all losses and seeds into a plan. */
function withJobs(plan: Omit<Plan, 'jobs'>): Plan {
  checkBatches(plan);
  const whole = { ...plan, jobs: jobsOf(plan) };
  const ids = whole.jobs.map(({ id }) => id);
  const twice = ids.find((id, at) => ids.indexOf(id) < at);
  if (twice !== undefined)
    throw new RangeError(`Two of the losses would have jobs of one name, ${twice}. Leave one of them out.`);
  return planSchema.parse(whole);
}

/**
 * Makes the plan of a bake-off, or adds losses and seeds to the one that is there.
 * @param folder the folder, for messages
 * @throws RangeError for losses that there are not, or batches that the pictures cannot fill; SnapshelfError
 * `run-exists` if the plan that is there has other rules, `weights-invalid`.
 */
export async function planOf(
  request: BakeoffRequest,
  parts: Parts,
  recorded: Plan | undefined,
  folder: string,
): Promise<Plan> {
  checkWhole('seeds', request.seeds, { from: 1, to: 100 });
  const protocol = await protocolOf(request, parts);
  if (recorded !== undefined) refuseOther(folder, recorded.protocol, protocol);
  // What was begun keeps its values, also if a later version would try others.
  const known = recorded?.losses ?? [];
  const added = askedLosses(request.losses).filter((loss) => known.every((grid) => grid.loss !== loss));
  const seeds = Array.from({ length: request.seeds }, (_, at) => at + 1);
  return withJobs({
    format: 'snapshelf-bakeoff',
    formatVersion: 1,
    id: recorded?.id ?? sha256(JSON.stringify(protocol)),
    protocol: recorded?.protocol ?? protocol,
    sources: request.sources.map((source) => resolve(source)),
    weights: placeOf(request.weights),
    losses: [...known, ...added.map(gridOf)],
    seeds: [...new Set([...(recorded?.seeds ?? []), ...seeds])],
  });
}
