import assert from 'node:assert/strict';
import { test } from 'node:test';
import { snapshelf } from '../support/cli.ts';

test('plan tells each engine, what it needs and how far its figures reach', async () => {
  const { code, stdout } = await snapshelf(
    'plan',
    '--items',
    '50e6',
    '--dimension',
    '512',
    '--qps',
    '200',
    '--replicas',
    '3',
  );
  assert.equal(code, 0);
  assert.match(stdout, /^50000000 items of 512 numbers, 200 searches a second, 3 copies/);
  assert.match(stdout, /embedded: does not do, it keeps a collection on one machine/);
  assert.match(stdout, /weaviate\n {2}machines +\d+ \(shards=\d+\)/);
  assert.match(stdout, /which is not fitted, memory [+-]\d+ %/);
  assert.match(stdout, /Nothing larger than [\d,]+ items was measured/);
});

test('plan --json has the same as numbers, with the check', async () => {
  const { stdout } = await snapshelf('plan', '--items', '20000', '--json');
  const plans = JSON.parse(stdout) as { engine: string; nodes: number; check: { items: number } }[];
  assert.deepEqual(
    plans.map(({ engine, nodes }) => [engine, nodes]),
    [
      ['embedded', 1],
      ['weaviate', 1],
    ],
  );
});

test('a model that was not measured on the hardware is refused with what it was measured on', async () => {
  const { code, stderr } = await snapshelf(
    'plan',
    '--items',
    '10',
    '--model',
    'lite0-int8',
    '--hardware',
    'h100',
  );
  assert.equal(code, 2);
  assert.match(stderr, /measured on, not h100: avx512-vnni, avx2/);
});
