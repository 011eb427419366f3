import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { JobResult } from '../../src/bakeoff/formats.ts';
import { summarise } from '../../src/bakeoff/summarise.ts';
import { drawnPlan, drawnResult } from './support/drawn-plan.ts';

const plan = await drawnPlan({ losses: ['cross-entropy', '0.5 cross-entropy'] });
const other = '0.5 cross-entropy';

/** Results of all jobs: the second value of each grid is the best, the second loss is right more often. */
function results(): Map<string, JobResult> {
  return new Map(
    plan.jobs.map((job) => {
      const score = job.value === 0.1 ? 0.9 : 0.2;
      // The fourth query is lone. A seed is a little better than the one before it.
      const ranks = job.loss === other ? [1, 1, 1, 0] : [1, job.seed === 2 ? 1 : 2, 5, 0];
      const maps = job.kind === 'search' ? [score, score, score, 0] : [0.5, 0.1 * job.seed, 0.3, 0];
      return [job.id, drawnResult(plan, job, { ranks, maps })];
    }),
  );
}

test('a report has means and sample deviations over seeds, and the value that the search chose', () => {
  const [base, rival] = summarise(plan, results()).losses;
  const recall = base?.figures.find(({ name }) => name === 'recall@1');
  assert.deepEqual(recall?.values, [1 / 3, 2 / 3]);
  assert.equal(recall?.mean, 0.5);
  // Of two values: their distance by the square root of 2.
  assert.ok(Math.abs((recall?.deviation ?? 0) - 1 / 3 / Math.SQRT2) < 1e-12);
  assert.equal(base?.chosen, 0.1);
  assert.equal(base?.secondsPerStep, 0.25);
  assert.equal(base?.against, null);
  assert.equal(rival?.setting, 'smoothing');
});

test('losses are compared with cross-entropy query by query, over means of seeds, without lone queries', () => {
  const [, rival] = summarise(plan, results()).losses;
  const [recall] = rival?.against ?? [];
  // Means over seeds: 1 and 1, 1 and 0.5, 1 and 0.
  assert.equal(recall?.difference, 0.5);
  assert.deepEqual([recall?.wins, recall?.losses, recall?.equal], [2, 0, 1]);
});

test('queries that are not the same are not compared', () => {
  const all = results();
  for (const [id, result] of all)
    if (result.job.loss === other && result.job.kind === 'final')
      all.set(id, { ...result, queries: { count: 4, sha256: 'c'.repeat(64) } });
  assert.equal(summarise(plan, all).losses[1]?.against, null);
});

test('a report of what is there says what is missing and what failed, and follows the published schema', () => {
  const all = results();
  all.delete('final-cross-entropy-2');
  all.delete('search-0-5-cross-entropy-3');
  const failed = all.get('final-0-5-cross-entropy-1') as JobResult;
  const reason = 'The loss is NaN.';
  all.set(failed.job.id, {
    ...failed,
    outcome: 'failed',
    reason,
    figures: [],
    perQuery: null,
    queries: null,
  });
  const report = summarise(plan, all);
  assert.deepEqual(report.missing, ['final-cross-entropy-2', 'search-0-5-cross-entropy-3']);
  const [base, rival] = report.losses;
  assert.deepEqual([base?.seeds, base?.planned], [[1], 2]);
  assert.equal(base?.figures[0]?.deviation, null);
  assert.deepEqual(rival?.failures, [{ job: failed.job.id, reason }]);
  assert.deepEqual(rival?.seeds, [2]);
  // Not chosen while a value is still to be tried.
  assert.equal(rival?.chosen, null);
  assert.deepEqual(
    rival?.tried.map(({ state }) => state),
    ['done', 'done', 'missing'],
  );
  const path = fileURLToPath(import.meta.resolve('snapshelf/bakeoff-report.schema.json'));
  const validate = new Ajv2020({ allErrors: true }).compile(JSON.parse(readFileSync(path, 'utf8')) as object);
  assert.ok(validate(JSON.parse(JSON.stringify(report))), JSON.stringify(validate.errors));
});

test("the paper's table stands beside a bake-off of one of its data sets", async () => {
  assert.equal(summarise(plan, results()).published, null);
  const cub = {
    ...plan,
    protocol: { ...plan.protocol, benchmark: 'cub' as const, ks: [1, 2, 4, 8, 16, 32] },
  };
  const { published } = summarise(cub, results());
  assert.equal(published?.results.find(({ method }) => method === 'Multi-Similarity')?.recall[0], 65.7);
});

test('results of several machines are told apart by their graphics cards, and the report says what that means', () => {
  const all = results();
  const one = summarise(plan, all);
  assert.deepEqual(one.machines, ['a, 2 cores, cpu, Node v20, Snapshelf 0']);
  assert.ok(one.rules.every((rule) => !rule.includes('machines or devices')));
  const [[id, result] = ['', undefined]] = all;
  assert.ok(result);
  all.set(id, { ...result, machine: { ...result.machine, provider: 'cuda', gpu: 'NVIDIA X1' } });
  const two = summarise(plan, all);
  assert.deepEqual(two.machines.toSorted(), [
    'a, 2 cores, cpu, Node v20, Snapshelf 0: 9 jobs',
    'a, 2 cores, cuda on NVIDIA X1, Node v20, Snapshelf 0: 1 job',
  ]);
  assert.match(two.rules.at(-1) ?? '', /^The results come from 2 machines or devices/);
});
