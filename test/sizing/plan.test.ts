import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineFigures, SizePoint } from '../../src/sizing/figures.ts';
import { type PlanRequest, planEngine } from '../../src/sizing/plan.ts';
import { SizeModel } from '../../src/sizing/size-model.ts';

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
const figures: EngineFigures = { engine: 'round', distributed: true, measuredOn: 'nowhere', points };
const distributed = new SizeModel(figures);
const single = new SizeModel({ ...figures, distributed: false });
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
  const plan = planEngine(single, request);
  assert.equal(plan.refused, undefined);
  assert.equal(plan.nodes, 1);
  near(plan.memoryBytes, 5e8);
  near(plan.searchCores, 0.01);
  // 1e6 pictures at 50 a second on two cores, on four.
  near(plan.embedHours, 1e6 / 100 / 3600);
  near(plan.buildHours, (1e6 * Math.log2(1e6) * 100 * 1e-7) / 4 / 3600);
});

test('one machine is refused for copies, for memory and for searches, with the reason', () => {
  assert.match(planEngine(single, { ...request, replicas: 2 }).refused ?? '', /one machine/);
  assert.match(planEngine(single, { ...request, items: 2e6 }).refused ?? '', /memory/);
  assert.match(planEngine(single, { ...request, qps: 3000 }).refused ?? '', /cores/);
});

test('machines follow the copies, the memory or the searches, whichever ask for more', () => {
  assert.equal(planEngine(distributed, { ...request, replicas: 3 }).nodes, 3);
  // Almost 15e9 bytes in three copies, 0.75e9 of each machine.
  const large = planEngine(distributed, { ...request, items: 9.9e6, replicas: 3 });
  assert.deepEqual([large.nodes, large.shards], [20, 7]);
  // Almost 12 cores busy, 2.4 of each machine.
  assert.equal(planEngine(distributed, { ...request, qps: 11_900 }).nodes, 5);
});

test('pictures take disk for each copy', () => {
  const bare = planEngine(distributed, { ...request, replicas: 2 });
  const stored = planEngine(distributed, { ...request, replicas: 2, pictureBytes: 1000 });
  near(stored.diskBytes - bare.diskBytes, 2e9);
});

test('servers before the engine embed the pictures that are searched by', () => {
  // 200 a second take 2 machines of 100 a second, and a twentieth of one for the rest, at 60 %.
  assert.equal(planEngine(distributed, { ...request, qps: 200 }).servers, 4);
  const card = { model: 'm', hardware: 'h', imagesPerSecond: 10_000 };
  assert.equal(planEngine(distributed, { ...request, qps: 200, embedding: card }).servers, 2);
  assert.equal(planEngine(single, request).servers, 0);
});
