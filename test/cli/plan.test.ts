import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { snapshelf } from '../support/cli.ts';

test('plan tells each engine, what it needs and how far its figures reach', async () => {
  const given = ['--items', '50e6', '--dimension', '512', '--qps', '200', '--replicas', '3'];
  const { code, stdout } = await snapshelf('plan', ...given);
  assert.equal(code, 0);
  assert.match(stdout, /^50000000 items of 512 numbers, 200 searches a second, 3 copies/);
  assert.match(stdout, /lite0-int8 on avx512-vnni, 441 pictures a second on 2 cores/);
  assert.match(stdout, /embedded: does not do, it keeps a collection on one machine/);
  assert.match(stdout, /postgres: does not do, the memory of one machine is too small/);
  assert.match(stdout, /weaviate\n {2}machines +\d+ \(shards=\d+\)/);
  assert.match(stdout, /which is not fitted, memory [+-]\d+ %/);
  assert.match(stdout, /No collection of more than [\d,]+ was measured/);
});

test('plan --json has the same as numbers, by its published schema', async () => {
  const { stdout } = await snapshelf('plan', '--items', '20000', '--json');
  const plan = JSON.parse(stdout) as { plans: { engine: string; nodes: number }[] };
  assert.deepEqual(
    plan.plans.map(({ engine, nodes }) => [engine, nodes]),
    [
      ['embedded', 1],
      ['postgres', 1],
      ['weaviate', 1],
    ],
  );
  const schema = readFileSync(fileURLToPath(import.meta.resolve('snapshelf/plan.schema.json')), 'utf8');
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(schema));
  assert.ok(validate(plan), JSON.stringify(validate.errors));
});

test('plan says bytes and counts as people do, and refuses what is no number of items', async () => {
  const { stdout } = await snapshelf('plan', '--items', '1', '--node-cores', '1');
  assert.match(stdout, /^1 item of 512 numbers, .* machines of 1 core and 64 GiB/);
  assert.match(stdout, /embedded\n.*\n {2}memory +[1-9][\d.]* MiB\n/);
  assert.doesNotMatch(stdout, / 0\.0 GiB/);
  assert.match((await snapshelf('plan', '--items', '1e12')).stdout, /\d TiB/);
  for (const items of ['0', '-1', '1e30', 'NaN', '1.5'])
    assert.equal((await snapshelf('plan', '--items', items)).code, 2, items);
  assert.equal((await snapshelf('plan', '--items', '10', '--dimension', '16385')).code, 2);
});

test('a model that was not measured on the hardware is refused with what it was measured on', async () => {
  const given = ['--items', '10', '--model', 'lite0-int8', '--hardware', 'h100'];
  const { code, stderr } = await snapshelf('plan', ...given);
  assert.equal(code, 1);
  assert.match(stderr, /measured on, not h100: avx512-vnni, avx2/);
});
