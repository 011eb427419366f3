import type { Grid, Job, Plan } from './formats.ts';

/** The words of a loss in the names of jobs: `cross-entropy-0-1-center`. */
const slug = (loss: string): string =>
  loss
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

type Parts = Plan['protocol']['parts'];

/** The steps of a training: every sampler makes as many batches of so many pictures. */
const stepsOf = ({ recipe }: Plan['protocol'], pictures: number): number =>
  recipe.epochs * Math.floor(pictures / recipe.batch);

function trainingJob(
  { protocol }: Pick<Plan, 'protocol'>,
  what: Pick<Job, 'id' | 'kind' | 'loss' | 'value' | 'seed'>,
  trained: keyof Parts,
  measured: keyof Parts,
): Job {
  const steps = stepsOf(protocol, protocol.parts[trained].pictures);
  return { ...what, steps, pictures: steps * protocol.recipe.batch + protocol.parts[measured].pictures };
}

function jobsOfLoss(plan: Omit<Plan, 'jobs'>, { loss, values }: Grid): Job[] {
  const name = slug(loss);
  // One value is no choice.
  const tried = values.length > 1 ? values : [];
  return [
    ...tried.map((value, at) =>
      trainingJob(
        plan,
        { id: `search-${name}-${at + 1}`, kind: 'search', loss, value, seed: plan.protocol.seed },
        'search',
        'validation',
      ),
    ),
    ...plan.seeds.map((seed) =>
      trainingJob(
        plan,
        { id: `final-${name}-${seed}`, kind: 'final', loss, value: null, seed },
        'training',
        'test',
      ),
    ),
  ];
}

/**
 * Lists the jobs of a plan: first the initial weights if there are any, then of each loss the search and the final
 * trainings, so that whole losses are there early.
 */
export function jobsOf(plan: Omit<Plan, 'jobs'>): Job[] {
  const { weights, seed, parts } = plan.protocol;
  const start: Job = {
    id: 'start',
    kind: 'start',
    loss: null,
    value: null,
    seed,
    steps: 0,
    pictures: parts.test.pictures,
  };
  return [...(weights === null ? [] : [start]), ...plan.losses.flatMap((grid) => jobsOfLoss(plan, grid))];
}
