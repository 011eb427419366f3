import assert from 'node:assert/strict';
import { test } from 'node:test';
import { samplesOf, sumOf } from '../../../src/page/keeper/samples.ts';

test('metrics are read with their labels', () => {
  const samples = samplesOf('# HELP x y\nx{a="1",b="say \\"q\\""} 2\nx{a="2"} 3.5\ny 4e3\n');
  assert.deepEqual(
    [sumOf(samples, 'x'), sumOf(samples, 'x', { a: '2' }), sumOf(samples, 'y')],
    [5.5, 3.5, 4000],
  );
  assert.equal(samples[0]?.labels['b'], 'say "q"');
});
