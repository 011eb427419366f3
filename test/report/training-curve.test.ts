import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trainingCurve } from '../../src/report/index.ts';
import { trainingPlots } from '../../src/report/training-curve.ts';

const results = [
  { name: '/somewhere/shop/val<script>', cosine: 0.5, l2: 0.25 },
  { name: '/somewhere/else/val', cosine: 0.75, l2: 0.125 },
];
const lines = [
  { kind: 'start', step: 0 },
  { kind: 'step', step: 10, loss: 3.5 },
  { kind: 'step', step: 20, loss: 1.25 },
  { kind: 'validation', step: 20, epoch: 1, results },
  { kind: 'validation', step: 40, epoch: 2, results: [{ name: 'val', cosine: 'high', l2: 0.5 }, null] },
  { kind: 'step', step: 30, loss: null },
].map((line) => JSON.stringify(line));
const log = `${lines.join('\n')}\n{"kind":"st`;

/** The rows of each plot. */
function rowsOf(text: string): readonly unknown[] {
  const plots = trainingPlots([{ name: 'run', log: text }]);
  assert.ok('hconcat' in plots);
  return plots.hconcat.map((plot) => plot.data && 'values' in plot.data && plot.data.values);
}

test('the plots have the loss of each step, and Recall@1 of each validation set under each metric', () => {
  const [loss, recall] = rowsOf(log);
  assert.deepEqual(loss, [
    { step: 10, loss: 3.5 },
    { step: 20, loss: 1.25 },
  ]);
  assert.deepEqual(recall, [
    { epoch: 1, set: 'shop/val<script>', metric: 'cosine', recall: 50 },
    { epoch: 1, set: 'shop/val<script>', metric: 'L2', recall: 25 },
    { epoch: 1, set: 'else/val', metric: 'cosine', recall: 75 },
    { epoch: 1, set: 'else/val', metric: 'L2', recall: 12.5 },
  ]);
});

test('a curve has both plots, every series in its legend, and nothing that runs or is fetched', async () => {
  const svg = await trainingCurve([{ name: 'run', log }]);
  assert.match(svg, /^<svg /);
  for (const text of ['Loss', 'Recall@1 of the validation queries', 'cosine', 'L2'])
    assert.ok(svg.includes(text), text);
  assert.doesNotMatch(svg, /<script|href=|<image/);
});

test('without a validation only the loss is drawn; without steps there is nothing to draw', async () => {
  assert.equal(rowsOf(lines.slice(0, 3).join('\n')).length, 1);
  assert.doesNotMatch(await trainingCurve([{ name: 'run', log: lines.slice(0, 3).join('\n') }]), /Recall@1/);
  await assert.rejects(trainingCurve([{ name: 'run', log: '{}\nnull\n' }]), { code: 'run-invalid' });
});

test('several runs are drawn in one picture, each under a name of its own', async () => {
  const runs = ['/a/run', '/b/run', '/b/run'].map((name) => ({ name, log }));
  const svg = await trainingCurve(runs);
  for (const text of ['a/run', 'b/run', 'b/run (3)', 'else/val']) assert.ok(svg.includes(text), text);
  const plots = trainingPlots(runs);
  assert.ok('hconcat' in plots);
  const [loss] = plots.hconcat.map((plot) => plot.data && 'values' in plot.data && plot.data.values);
  assert.deepEqual(
    (loss as unknown as { run: string }[]).map(({ run }) => run),
    ['a/run', 'a/run', 'b/run', 'b/run', 'b/run (3)', 'b/run (3)'],
  );
});

/** The marks of a kind in a drawing, each with its colour. */
const coloursOf = (svg: string, kind: string): string[] =>
  [...svg.matchAll(new RegExp(`aria-roledescription="${kind}"[^>]*`, 'g'))].map(
    ([mark]) => /(?:stroke|fill)="(#\w+)"/.exec(mark)?.[1] ?? '',
  );

test('a run has one colour in both plots, whatever it is validated on, and each legend what is drawn above it', async () => {
  const [first, second] = [log, log].map((text, at) => ({
    name: ['/x/run', '/x/my run'][at] ?? '',
    log: text,
  }));
  assert.ok(first !== undefined && second !== undefined);
  const svg = await trainingCurve([first, second]);
  const lines = coloursOf(svg, 'line mark');
  assert.equal(lines.length, 2 + 2 * 4);
  const [a, b] = lines;
  assert.notEqual(a, b);
  const count = (colour: string | undefined): number => lines.filter((one) => one === colour).length;
  assert.deepEqual([count(a), count(b)], [5, 5]);
  const labels = (text: string): number => svg.split(`>${text}<`).length - 1;
  assert.deepEqual(
    ['x/run', 'x/my run', 'shop/val&lt;script&gt;', 'else/val', 'cosine', 'L2'].map(labels),
    [1, 1, 1, 1, 1, 1],
  );
});

test('a run of one logged step has a point for its loss, and axes name a lone value shortly', async () => {
  const one = [
    { kind: 'step', step: 3, loss: 2.5 },
    { kind: 'validation', epoch: 1, results: [{ name: 'val', cosine: 0.5, l2: 0.5 }] },
  ];
  const svg = await trainingCurve([{ name: 'run', log: one.map((line) => JSON.stringify(line)).join('\n') }]);
  assert.equal(coloursOf(svg, 'point').length, 3);
  assert.match(svg, />2\.5</);
  assert.match(svg, />50</);
  assert.doesNotMatch(svg, /0{6}</);
  const many = Array.from({ length: 20 }, (_, at) => ({ kind: 'step', step: at + 1, loss: 1 / (at + 1) }));
  const long = await trainingCurve([
    { name: 'run', log: many.map((line) => JSON.stringify(line)).join('\n') },
  ]);
  assert.equal(coloursOf(long, 'point').length, 0);
});

test('the information of a run has a panel for each figure, and a rule for each network beside', async () => {
  const term = { tightness: 1, contrast: 2 };
  const terms = Object.fromEntries(
    ['contrastive', 'snca', 'multi-similarity', 'center', 'pce', 'spce'].map((name) => [name, term]),
  );
  const information = { mutualInformation: 1.5, entropy: null, terms };
  const result = { name: 'val', cosine: 0.5, l2: 0.5, information };
  const text = [
    { kind: 'baseline', step: 0, network: 'random', results: [{ name: 'val', information }] },
    { kind: 'step', step: 3, loss: 2.5 },
    { kind: 'validation', epoch: 1, results: [result] },
  ]
    .map((line) => JSON.stringify(line))
    .join('\n');
  const svg = await trainingCurve([{ name: 'run', log: text }]);
  for (const label of ['H(Y) - H(Y|Z), nats', 'spce: contrast', 'random', 'Recall@1, %'])
    assert.ok(svg.includes(`>${label}<`), label);
  assert.doesNotMatch(svg, /eq\. 6/);
  assert.equal(coloursOf(svg, 'rule mark').length, 13);
});
