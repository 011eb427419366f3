import { publishedFor } from '../eval/report/published-results.ts';
import { pairedBootstrap } from '../metrics/index.ts';
import type { BakeoffReport, LossReport } from '../report/index.ts';
import { counted } from '../text.ts';
import { version } from '../version.ts';
import { aboutOf, rulesOf } from './about.ts';
import { choose, triedOf } from './choose.ts';
import type { Grid, JobResult, Plan } from './formats.ts';
import { settingsOf } from './job-recipe.ts';
import { baseline } from './plan.ts';

type Results = ReadonlyMap<string, JobResult>;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The sample standard deviation; null for fewer than two values. */
function deviationOf(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/** Collects each measure over seeds. */
function figuresOf(results: readonly JobResult[]): LossReport['figures'] {
  const [first] = results;
  return (first?.figures ?? []).flatMap(({ metric, means }) =>
    Object.keys(means).map((name) => {
      const values = results.flatMap(
        ({ figures }) => figures.find((one) => one.metric === metric)?.means[name] ?? [],
      );
      return { metric, name, mean: mean(values), deviation: deviationOf(values), values };
    }),
  );
}

/** The values of a measure by query, as a mean over seeds, for the queries that count; undefined for lone ones. */
function perQuery(results: readonly JobResult[], name: string): (number | undefined)[] {
  const ranks = results[0]?.perQuery?.firstRelevant ?? [];
  const columns = results.map(({ perQuery: own }) =>
    name === 'recall@1' ? own?.firstRelevant.map((rank) => (rank === 1 ? 1 : 0)) : own?.figures[name],
  );
  return ranks.map((rank, row) =>
    rank === 0 ? undefined : mean(columns.map((column) => column?.[row] ?? Number.NaN)),
  );
}

/** Compares a loss with the baseline; null if one of them has no final training, or they have other queries. */
function against(own: readonly JobResult[], base: readonly JobResult[]): LossReport['against'] {
  const queries = new Set([...own, ...base].map((result) => result.queries?.sha256));
  if (own.length === 0 || base.length === 0 || queries.size > 1) return null;
  return ['recall@1', 'r-precision', 'map@r'].map((name) => {
    const values = perQuery(own, name);
    const others = perQuery(base, name);
    const rows = [...values.keys()].filter((row) => values[row] !== undefined);
    const ids = rows.map(String);
    const column = (of: readonly (number | undefined)[]) => ({
      ids,
      values: rows.map((row) => of[row] ?? 0),
    });
    const { difference, interval, wins, losses, equal } = pairedBootstrap(column(values), column(others));
    return { name, difference, interval, wins, losses, equal };
  });
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

/** The results of the final trainings of a loss, in the order of their seeds. */
const finalsOf = ({ jobs }: Plan, loss: string, results: Results): JobResult[] =>
  jobs.flatMap((job) => (job.kind === 'final' && job.loss === loss ? (results.get(job.id) ?? []) : []));

const isDone = ({ outcome }: JobResult): boolean => outcome === 'done';

function lossReport(plan: Plan, grid: Grid, results: Results): LossReport {
  const { loss, setting, comparesPictures } = grid;
  const finals = finalsOf(plan, loss, results);
  const done = finals.filter(isDone);
  const chosen = choose(plan, grid, results);
  const search = chosen?.job == null ? undefined : results.get(chosen.job);
  const own = plan.jobs.flatMap((job) => (job.loss === loss ? (results.get(job.id) ?? []) : []));
  const { recipe, imagesPerLabel } = plan.protocol;
  return {
    loss,
    sampler: comparesPictures
      ? `${counted(recipe.batch / imagesPerLabel, 'label')} x ${counted(imagesPerLabel, 'picture')}`
      : `${counted(recipe.batch, 'picture')}, shuffled`,
    setting,
    fixed: settingsOf({ ...grid, setting: null }, null),
    chosen: chosen?.value ?? null,
    tried: triedOf(plan, grid, results).map(({ value, score, recallAt1, isDone: known }) => ({
      value,
      score,
      recallAt1,
      state: score !== null ? 'done' : known ? 'failed' : 'missing',
    })),
    seeds: done.map(({ job }) => job.seed),
    planned: plan.seeds.length,
    failures: own.flatMap(({ job, reason }) => (reason === null ? [] : [{ job: job.id, reason }])),
    figures: figuresOf(done),
    against: loss === baseline ? null : against(done, finalsOf(plan, baseline, results).filter(isDone)),
    secondsPerStep: median(done.map(({ seconds }) => seconds.step)),
    curve: done[0]?.curve ?? [],
    validations: search?.validations ?? [],
  };
}

function publishedOf({ protocol: { benchmark, ks } }: Plan): BakeoffReport['published'] {
  const results = benchmark === null ? null : publishedFor(benchmark, ks);
  return results === null
    ? null
    : { ks, results: results.map((one) => ({ ...one, recall: [...one.recall] })) };
}

/** Names the machines that results come from, with the number of jobs of each if there are several. */
function machinesOf(results: readonly JobResult[]): string[] {
  const jobs = new Map<string, number>();
  for (const { machine } of results) {
    const { cpu, cores, provider, gpu, node, version: program } = machine;
    const device = gpu == null ? provider : `${provider} on ${gpu}`;
    const name = `${cpu}, ${counted(cores, 'core')}, ${device}, Node ${node}, Snapshelf ${program}`;
    jobs.set(name, (jobs.get(name) ?? 0) + 1);
  }
  return [...jobs].map(([name, count]) => (jobs.size === 1 ? name : `${name}: ${counted(count, 'job')}`));
}

/** Makes the report of what is there of a bake-off: a table of losses, and what is missing. */
export function summarise(plan: Plan, results: Results): BakeoffReport {
  const start = results.get('start');
  const machines = machinesOf([...results.values()]);
  return {
    format: 'snapshelf-bakeoff-report',
    formatVersion: 1,
    createdAt: new Date().toISOString(),
    version,
    bakeoff: plan.id,
    metric: plan.protocol.metric,
    selection: plan.protocol.selection,
    ks: plan.protocol.ks,
    baseline,
    about: aboutOf(plan),
    rules: rulesOf(plan, machines.length),
    start: start === undefined ? null : figuresOf([start]),
    losses: plan.losses.map((grid) => lossReport(plan, grid, results)),
    jobs: plan.jobs.length,
    missing: plan.jobs.flatMap(({ id }) => (results.has(id) ? [] : [id])),
    machines,
    published: publishedOf(plan),
  };
}
