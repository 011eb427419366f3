import type { BakeoffRequest } from '../../../src/bakeoff/bakeoff-options.ts';
import type { Job, JobResult, Plan } from '../../../src/bakeoff/formats.ts';
import { planOf } from '../../../src/bakeoff/plan.ts';
import type { Parts } from '../../../src/bakeoff/split.ts';
import { recipeOf } from '../../../src/train/index.ts';

const samples = (part: string, labels: number, each: number) =>
  Array.from({ length: labels * each }, (_, at) => ({
    id: `${part}/${at}`,
    path: `/pictures/${part}/${at}.jpg`,
    label: `${part} ${at % labels}`,
  }));

/** Parts of pictures that are not there: 8 labels of 5 pictures to search with, 3 to choose on, 11 to test. */
export function drawnParts(): Parts {
  const search = samples('search', 8, 5);
  const validation = samples('validation', 3, 5);
  return {
    search,
    validation,
    training: [...search, ...validation],
    test: { queries: samples('test', 11, 5), gallery: null },
    split: 'half',
    benchmark: null,
    hash: 'a'.repeat(64),
    leftOut: [],
    notes: [],
  };
}

/** What is asked of a bake-off of these pictures. */
export const drawnRequest = (change: Partial<BakeoffRequest> = {}): BakeoffRequest => ({
  sources: ['pictures'],
  losses: ['cross-entropy'],
  seeds: 2,
  architecture: 'resnet18',
  recipe: recipeOf('scratch', { epochs: 3, batch: 16 }),
  recipeName: 'scratch',
  ...change,
});

/** The plan of a bake-off of these pictures. */
export const drawnPlan = (change: Partial<BakeoffRequest> = {}): Promise<Plan> =>
  planOf(drawnRequest(change), drawnParts(), undefined, '/somewhere');

/** A result whose queries have these ranks of their first hit, and these values of mAP@R. */
export function drawnResult(
  plan: Plan,
  job: Job,
  { ranks, maps }: { readonly ranks: readonly number[]; readonly maps: readonly number[] },
): JobResult {
  const counted = maps.filter((_, at) => ranks[at] !== 0);
  const share = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const hits = ranks.filter((rank) => rank > 0).map((rank) => Number(rank === 1));
  return {
    format: 'snapshelf-bakeoff-result',
    formatVersion: 1,
    bakeoff: plan.id,
    job,
    settings: [],
    outcome: 'done',
    reason: null,
    queries: { count: ranks.length, sha256: 'b'.repeat(64) },
    figures: [{ metric: 'cosine', means: { 'recall@1': share(hits), 'map@r': share(counted) } }],
    perQuery:
      job.kind === 'search'
        ? null
        : { firstRelevant: [...ranks], figures: { 'r-precision': [...maps], 'map@r': [...maps] } },
    curve: [
      { step: 1, loss: 2 },
      { step: 2, loss: 1 },
    ],
    validations: [{ epoch: 1, recall: 0.5 }],
    seconds: { step: 0.25, measuring: 1 },
    leftOut: 0,
    machine: { cpu: 'a', cores: 2, provider: 'cpu', node: 'v20', version: '0', commit: null },
    finished: '2026-01-01T00:00:00.000Z',
  };
}
