import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkDimension } from '../../src/engines/postgres/tables.ts';
import { type EngineFigures, engineFigures, type SizePoint } from '../../src/sizing/figures.ts';
import { planEngine } from '../../src/sizing/plan.ts';
import type { EnginePlan, PlanRequest } from '../../src/sizing/plan-schema.ts';
import { SizeModel } from '../../src/sizing/size-model.ts';
import { fixture } from '../support/repository.ts';

/** An engine of round numbers: 5 bytes of memory and of disk a number, a search of 1 ms, 1 ms in the server. */
const points = [1000, 2000, 4000, 16_000].map((n, i): SizePoint => {
  const dimension = [64, 128, 100, 100][i] ?? 0;
  return [
    n,
    dimension,
    5 * n * dimension,
    5 * n * dimension,
    n * Math.log2(n) * dimension * 1e-7,
    1000,
    1000,
  ];
});
const figures: EngineFigures = { engine: 'round', spread: 'parts', measuredOn: 'nowhere', points };
const parts = new SizeModel(figures);
const one = new SizeModel({ ...figures, spread: 'one', buildCores: 1 });
const copies = new SizeModel({ ...figures, spread: 'copies', buildCores: 3 });
const request: PlanRequest = {
  items: 1e6,
  dimension: 100,
  qps: 10,
  replicas: 1,
  nodeMemory: 1e9,
  nodeCores: 4,
  pictureBytes: 0,
  embedding: { model: 'm', hardware: 'h', cores: 2, imagesPerSecond: 50 },
};
const near = (found: number, expected: number): void =>
  assert.ok(Math.abs(found - expected) <= 1e-6 * Math.max(1, expected), `${found} instead of ${expected}`);

test('a collection that fits one machine', () => {
  const plan = planEngine(one, request);
  assert.equal(plan.refused, undefined);
  assert.deepEqual([plan.nodes, plan.shards, plan.servers, plan.ranges], [1, 1, 0, {}]);
  near(plan.memoryBytes, 5e8);
  near(plan.searchCores, 0.01);
  // 1e6 pictures at 50 a second on two cores, on four.
  near(plan.embedHours, 1e6 / 100 / 3600);
  // The index is built by one core.
  near(plan.buildHours, (1e6 * Math.log2(1e6) * 100 * 1e-7) / 3600);
});

test('one machine is refused for copies, for memory and for searches, with the reason', () => {
  assert.match(planEngine(one, { ...request, replicas: 2 }).refused ?? '', /one machine/);
  assert.match(planEngine(one, { ...request, items: 2e6 }).refused ?? '', /memory/);
  assert.match(planEngine(one, { ...request, qps: 3000 }).refused ?? '', /cores/);
});

test('vectors that an engine does not take are refused, at the length at which it refuses them', () => {
  const postgres = engineFigures.find(({ engine }) => engine === 'postgres') as EngineFigures;
  const { maxDimension = 0 } = postgres;
  const planOf = (dimension: number) =>
    planEngine(new SizeModel(postgres), { ...request, items: 1000, dimension });
  checkDimension(maxDimension);
  assert.equal(planOf(maxDimension).refused, undefined);
  assert.throws(() => checkDimension(maxDimension + 1), { code: 'engine-cannot' });
  assert.match(planOf(maxDimension + 1).refused ?? '', /at most 4000 numbers/);
});

test('copies take a machine each, follow the one that is indexed, and leave searches to one of them', () => {
  const plan = planEngine(copies, { ...request, replicas: 3 });
  assert.deepEqual([plan.refused, plan.nodes, plan.servers], [undefined, 3, 2]);
  near(plan.memoryBytes, 1.5e9);
  near(plan.buildHours, (1e6 * Math.log2(1e6) * 100 * 1e-7) / 3 / 3600);
  assert.match(planEngine(copies, { ...request, items: 2e6, replicas: 3 }).refused ?? '', /memory/);
  assert.match(planEngine(copies, { ...request, qps: 3000, replicas: 3 }).refused ?? '', /cores/);
});

test('machines follow the copies, the memory or the searches, whichever ask for more', () => {
  assert.equal(planEngine(parts, { ...request, replicas: 3 }).nodes, 3);
  // Almost 15e9 bytes in three copies, 0.75e9 of each machine.
  const large = planEngine(parts, { ...request, items: 9.9e6, replicas: 3 });
  assert.deepEqual([large.nodes, large.shards], [20, 7]);
  // Three copies of seven parts on twenty machines of four cores.
  const part = 9.9e6 / 7;
  near(large.buildHours, (21 * part * Math.log2(part) * 100 * 1e-7) / 20 / 4 / 3600);
  // Almost 12 cores busy, 2.4 of each machine.
  assert.equal(planEngine(parts, { ...request, qps: 11_900 }).nodes, 5);
});

test('what the model is far off with is a range, and machines are planned for the most of it', () => {
  // At the check there is twice the memory and half the time that the model tells; 20 % off is told as it is.
  const check: SizePoint = [16_000, 100, 16e6, 9.6e6, (16_000 * Math.log2(16_000) * 100 * 1e-7) / 2, 1000, 0];
  const off = new SizeModel({ ...figures, points: points.with(-1, check) });
  const plan = planEngine(off, { ...request, items: 9.9e6 });
  assert.deepEqual(Object.keys(plan.ranges).sort(), ['buildHours', 'memoryBytes']);
  const { memoryBytes: memory = [0, 0], buildHours: hours = [0, 0] } = plan.ranges;
  near(plan.memoryBytes, 4.95e9);
  near(memory[0], 4.95e9);
  near(memory[1], 9.9e9);
  near(hours[1], plan.buildHours);
  near(hours[0], plan.buildHours / 2);
  assert.deepEqual([plan.nodes, plan.shards], [14, 14]);
});

test('pictures take disk for each copy', () => {
  const bare = planEngine(parts, { ...request, replicas: 2 });
  const stored = planEngine(parts, { ...request, replicas: 2, pictureBytes: 1000 });
  near(stored.diskBytes - bare.diskBytes, 2e9);
});

test('servers before the engine embed the pictures that are searched by', () => {
  // 200 a second take 2 machines of 100 a second, and a twentieth of one for the rest, at 60 %.
  assert.equal(planEngine(parts, { ...request, qps: 200 }).servers, 4);
  const card = { model: 'm', hardware: 'h', imagesPerSecond: 10_000 };
  assert.equal(planEngine(parts, { ...request, qps: 200, embedding: card }).servers, 2);
});

test('by the committed figures it plans what scipy and a second calculation do', () => {
  // test/fixtures/sizing/make_plan.py
  type Expected = EnginePlan & { readonly off: readonly number[] };
  const expected = JSON.parse(readFileSync(fixture('sizing', 'plan.json'), 'utf8')) as Expected[];
  assert.deepEqual(
    expected.map(({ engine }) => engine),
    engineFigures.map(({ engine }) => engine),
  );
  for (const [i, { off, engine, ...values }] of expected.entries()) {
    const model = new SizeModel(engineFigures[i] as EngineFigures);
    const plan = planEngine(model, {
      items: 50e6,
      dimension: 512,
      qps: 200,
      replicas: 3,
      nodeMemory: 64 * 2 ** 30,
      nodeCores: 16,
      pictureBytes: 0,
      embedding: { model: 'lite0-int8', hardware: 'avx512-vnni', cores: 2, imagesPerSecond: 441 },
    });
    for (const [key, value] of Object.entries(values)) near(plan[key as 'nodes'], value as number);
    for (const [at, value] of Object.values(model.check.off).entries())
      assert.ok(Math.abs(value - (off[at] ?? Number.NaN)) < 1e-6, `${engine}: off by ${value}`);
  }
});
