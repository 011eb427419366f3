import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trainingCurve } from '../../src/report/index.ts';

const lines = [
  { kind: 'start', step: 0 },
  { kind: 'step', step: 10, loss: 3.5 },
  { kind: 'step', step: 20, loss: 1.25 },
  {
    kind: 'validation',
    step: 20,
    epoch: 1,
    results: [{ name: '/somewhere/shop/val<script>', cosine: 0.5, l2: 0.25 }],
  },
].map((line) => JSON.stringify(line));

test('a curve has both plots, every series in its legend, and nothing that runs or is fetched', async () => {
  const svg = await trainingCurve(`${lines.join('\n')}\n{"kind":"st`);
  assert.match(svg, /^<svg /);
  for (const text of ['Loss', 'Recall@1 of the validation queries', 'cosine', 'L2'])
    assert.ok(svg.includes(text), text);
  assert.doesNotMatch(svg, /<script|href=|<image/);
});

test('without a validation only the loss is drawn; without steps there is nothing to draw', async () => {
  assert.doesNotMatch(await trainingCurve(lines.slice(0, 3).join('\n')), /Recall@1/);
  await assert.rejects(trainingCurve('{}\nnull\n'), { code: 'run-invalid' });
});
