import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { planOf } from '../../src/bakeoff/plan.ts';
import { losses } from '../../src/nn/index.ts';
import { drawnParts, drawnPlan, drawnRequest } from './support/drawn-plan.ts';

test('a plan lists the search and the seeds of each loss, and follows the published schema', async () => {
  const plan = await drawnPlan();
  assert.deepEqual(
    plan.jobs.map(({ id, value, seed }) => [id, value, seed]),
    [
      ['search-cross-entropy-1', 0, 1],
      ['search-cross-entropy-2', 0.1, 1],
      ['search-cross-entropy-3', 0.3, 1],
      ['final-cross-entropy-1', null, 1],
      ['final-cross-entropy-2', null, 2],
    ],
  );
  const path = fileURLToPath(import.meta.resolve('snapshelf/bakeoff-plan.schema.json'));
  const validate = new Ajv2020({ allErrors: true }).compile(JSON.parse(readFileSync(path, 'utf8')) as object);
  assert.ok(validate(JSON.parse(JSON.stringify(plan))), JSON.stringify(validate.errors));
});

test('every loss of the table has a plan, and each has as many steps whatever its sampler', async () => {
  const { jobs, losses: grids } = await drawnPlan({ losses: Object.keys(losses) });
  for (const [kind, steps] of [
    ['search', 3 * Math.floor(40 / 16)],
    ['final', 3 * Math.floor(55 / 16)],
  ] as const)
    assert.deepEqual(
      new Set(jobs.filter((job) => job.kind === kind).map((job) => job.steps)),
      new Set([steps]),
    );
  assert.deepEqual(grids.map(({ loss }) => loss).sort(), Object.keys(losses).sort());
  for (const { loss, setting, values } of grids)
    assert.ok(setting === null || values.length > 1, `${loss}: ${setting} ${values}`);
});

test('a plan takes more losses and seeds, and keeps the values of those that it has', async () => {
  const begun = await drawnPlan();
  const kept = { ...begun, losses: begun.losses.map((grid) => ({ ...grid, values: [0, 0.2] })) };
  const request = drawnRequest({ losses: ['0.5 cross-entropy'], seeds: 3 });
  const grown = await planOf(request, drawnParts(), kept, '/somewhere');
  assert.equal(grown.id, begun.id);
  assert.deepEqual(
    grown.losses.map(({ loss, values }) => [loss, values]),
    [
      ['cross-entropy', [0, 0.2]],
      ['0.5 cross-entropy', [0, 0.1, 0.3]],
    ],
  );
  assert.deepEqual(grown.seeds, [1, 2, 3]);
  assert.equal(grown.jobs.length, 2 + 3 + 3 + 3);
});

test('a plan of other rules is refused by what differs', async () => {
  const begun = await drawnPlan();
  await assert.rejects(planOf(drawnRequest({ seed: 7 }), drawnParts(), begun, '/somewhere'), {
    code: 'run-exists',
    message: /in \/somewhere has another seed than/,
  });
  await assert.rejects(planOf(drawnRequest(), { ...drawnParts(), hash: 'c'.repeat(64) }, begun, '/x'), {
    code: 'run-exists',
    message: /another data than/,
  });
});

test('what cannot be trained is refused before the first job', async () => {
  await assert.rejects(drawnPlan({ losses: ['cross-entrpy'] }), {
    name: 'RangeError',
    message: /there is no loss "cross-entrpy"; the nearest is cross-entropy/,
  });
  await assert.rejects(drawnPlan({ imagesPerLabel: 3 }), { name: 'RangeError', message: /multiple of/ });
  await assert.rejects(drawnPlan({ recipe: { ...drawnRequest().recipe, batch: 64 } }), {
    name: 'RangeError',
    message: /trains on 40 pictures, fewer than one batch of 64/,
  });
});
