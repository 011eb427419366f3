import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BakeoffReport, bakeoffPage, type LossReport } from '../../../src/report/index.ts';

const nasty = '<script>alert("1")</script>&';

function loss(name: string, recall: readonly number[], change: Partial<LossReport> = {}): LossReport {
  const mean = recall.reduce((sum, value) => sum + value, 0) / recall.length;
  const figure = { metric: 'cosine', mean, deviation: 0.0123, values: [...recall] };
  return {
    loss: name,
    sampler: '16 labels x 4 pictures',
    setting: 'lossOptions.x.margin',
    fixed: ['lossOptions.x.normalize=true'],
    chosen: 0.5,
    tried: [
      { value: 0.5, score: 0.4321, recallAt1: 0.5, state: 'done' },
      { value: 1, score: null, recallAt1: null, state: 'failed' },
    ],
    seeds: [1, 2],
    planned: 3,
    failures: [{ job: 'search-x-2', reason: nasty }],
    figures: ['recall@1', 'recall@2', 'r-precision', 'map@r'].map((one) => ({ ...figure, name: one })),
    against: [{ name: 'map@r', difference: -0.021, interval: [-0.03, -0.01], wins: 1, losses: 2, equal: 0 }],
    secondsPerStep: 0.5,
    curve: [
      { step: 10, loss: 4 },
      { step: 20, loss: 2 },
    ],
    validations: [{ epoch: 1, recall: 0.5 }],
    ...change,
  };
}

const report: BakeoffReport = {
  format: 'snapshelf-bakeoff-report',
  formatVersion: 1,
  createdAt: '2026-01-02T00:00:00.000Z',
  version: '0',
  bakeoff: 'a'.repeat(64),
  metric: 'cosine',
  selection: 'map@r',
  ks: [1, 2],
  baseline: 'cross-entropy',
  about: [{ name: 'Pictures', value: nasty }],
  rules: ['A rule.'],
  start: [{ metric: 'cosine', name: 'map@r', mean: 0.1, deviation: null, values: [0.1] }],
  losses: [
    loss('cross-entropy', [0.5, 0.6], { against: null }),
    loss(nasty, [0.7, 0.8]),
    loss('not-yet', [], { figures: [], seeds: [], against: null, chosen: null, secondsPerStep: null }),
  ],
  jobs: 18,
  missing: ['final-x-3'],
  machines: ['a machine'],
  published: {
    ks: [1, 2],
    results: [{ method: 'HTL', metric: 'cosine', architecture: 'GoogLeNet', recall: [57.1, null] }],
  },
};

test('the page has the table, the comparison, the choices, the plots and the published table, and runs nothing', async () => {
  const page = await bakeoffPage(report);
  assert.doesNotMatch(page, /<script|<link|<iframe|\son\w+=|@import|url\(/i);
  assert.doesNotMatch(page.replaceAll('http://www.w3.org', ''), /https?:\/\//);
  for (const part of [
    '55.0 ± 1.2',
    'Beside cross-entropy',
    '<b>−2.1</b>',
    '−3.0 to −1.0',
    '0.5: 43.2; 1: failed',
    'HTL',
    'GoogLeNet',
    'A rule.',
    'a machine',
    'not trained',
  ])
    assert.ok(page.includes(part), part);
  assert.equal(page.match(/<svg/g)?.length, 4);
  // The best first.
  assert.ok(page.indexOf('&lt;script&gt;alert') > 0);
});

test('the page says what is missing and what failed', async () => {
  const page = await bakeoffPage(report);
  assert.match(page, /Not complete:<\/b> 1 of 18 jobs is not done: final-x-3/);
  assert.match(page, /search-x-2: &lt;script&gt;/);
  const empty = await bakeoffPage({ ...report, losses: [], start: null, published: null });
  assert.doesNotMatch(empty, /<svg/);
});
