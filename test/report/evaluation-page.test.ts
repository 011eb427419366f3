import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Evaluation, evaluate } from '../../src/eval/index.ts';
import { evaluationPage } from '../../src/report/index.ts';
import { drawnVectors } from '../eval/support/drawn.ts';

const nasty = '<script>alert("1")</script>&';

async function evaluation(): Promise<Evaluation> {
  const queries = drawnVectors(80, 5, { seed: 2 });
  const labels = queries.labels.map((label) => (label === 'label 1' ? nasty : label));
  const subject = {
    protocol: 'cub',
    queries: [`/somewhere/${nasty}`],
    gallery: null,
    model: { id: 'f'.repeat(64), name: nasty, architecture: 'resnet50' },
  } as const;
  const hashes = queries.ids.map((_, row) => `hash ${row >> 1}`);
  return evaluate(
    { queries: { ...queries, labels, hashes }, subject },
    { ks: [1, 2, 4, 8, 16, 32, 1000], command: nasty },
  );
}

test('the page has every part, nothing that runs, nothing that is fetched, and all text escaped', async () => {
  const report = await evaluation();
  const page = await evaluationPage(report, {
    query: (id) => (id === report.results[0]?.examples[0]?.id ? 'data:image/jpeg;base64,AAAA' : undefined),
    gallery: () => undefined,
  });
  assert.doesNotMatch(page, /<script|<link|<iframe|\son\w+=|@import|url\(/i);
  assert.doesNotMatch(page.replaceAll('http://www.w3.org', ''), /https?:\/\//);
  assert.equal(page.match(/src="(?!data:image\/jpeg)/), null);
  const parts = [
    'Figures, %',
    'Recall@K under other rules',
    "seed paper's table",
    'Curves',
    'Worst labels (cosine)',
    'Worst labels (L2)',
    'Confused labels (cosine)',
    'Label errors',
    'Left out K 1000',
    'Failures',
    'Rules',
    'How this was made',
    'Multi-Similarity',
    '&lt;script&gt;',
  ];
  for (const part of parts) assert.ok(page.includes(part), part);
  const plots = page.match(/<svg[\s\S]*?<\/svg>/g) ?? [];
  assert.equal(plots.length, 3);
  // Its legend says which line is which.
  for (const metric of ['cosine', 'L2']) assert.match(plots[0] ?? '', new RegExp(`>${metric}<`));
  const recall = report.results[0]?.main.figures[0]?.mean ?? 0;
  assert.ok(page.includes(`<b>${(100 * recall).toFixed(1)} %</b>`));
});
