import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crossCheck, fitCalibration } from '../../src/matching/index.ts';
import { tradeOffPlot } from '../../src/report/calibration-plots.ts';
import { calibrationPage } from '../../src/report/index.ts';
import { calibrationReport } from '../../src/retrieval/calibration/calibration-report.ts';
import { settings } from '../engine/support/contract-items.ts';
import { calibrationOf, drawShop } from '../matching/support.ts';

const nasty = '<script>alert("1")</script>&';

/** A collection as an engine describes it. */
const collection = {
  ...settings('shop', 'cosine'),
  modelName: nasty,
  createdAt: '2026-01-01T00:00:00.000Z',
  sequence: 110,
  items: 100,
  products: 200,
  metadataBytes: 0,
  imageBytes: 0,
} as unknown as Parameters<typeof calibrationReport>[1];

async function report() {
  const shop = drawShop(6);
  // Two categories, so that each has a curve of its own.
  const renamed = <T extends { readonly category: string | null }>(hit: T): T => ({
    ...hit,
    category: Number(hit.category) < 4 ? nasty : null,
  });
  const searches = shop.searches.map(({ product, known, stranger }) => ({
    product,
    known: known?.map(renamed),
    stranger: stranger && renamed(stranger),
  }));
  const calibration = fitCalibration(searches, {
    ...calibrationOf(shop.products),
    modelId: collection.modelId,
  });
  return calibrationReport(
    { ...calibration, crossCheck: await crossCheck(searches, calibration) },
    collection,
  );
}

test('the page has the curve with its thresholds, every part, nothing that runs, and all text escaped', async () => {
  const findings = await report();
  assert.deepEqual(
    findings.thresholds.filter(({ rate }) => rate === 0.05).map(({ category }) => category),
    [undefined, nasty, null],
  );
  const page = await calibrationPage(findings);
  assert.doesNotMatch(page, /<script|<link|<iframe|\son\w+=|@import|url\(/i);
  assert.doesNotMatch(page.replaceAll('http://www.w3.org', ''), /https?:\/\//);
  const parts = [
    'False matches and false rejects',
    'From score to confidence',
    'By label of the answer',
    'In hindsight',
    '10 % of the collection has changed since',
    '&lt;script&gt;',
  ];
  for (const part of parts) assert.ok(page.includes(part), part);
  // The curve, what was promised, confidence, all answers, and both categories.
  assert.equal(page.match(/<svg/g)?.length, 6);
  const [curve = ''] = page.match(/<svg[\s\S]*?<\/svg>/) ?? [];
  for (const label of ['>1 %<', '>5 %<', '>this calibration<', '>best single threshold, in hindsight<'])
    assert.ok(curve.includes(label), label);
  const { crossCheck: check } = findings;
  assert.ok(check !== undefined);
  const plot = tradeOffPlot(check, [0.05]);
  assert.ok('layer' in plot);
  const [band] = plot.layer as unknown as { data: { values: object[] } }[];
  assert.equal(band?.data.values.length, check.rates.length);
});

test('a calibration of an earlier release, and one that is not used, say so', async () => {
  const { crossCheck: _, ...old } = await report();
  const page = await calibrationPage({ ...old, misfit: 'other-model' });
  assert.match(page, /was not checked on searches that it does not know/);
  assert.match(page, /It is not used:<\/b> the collection has another model now/);
  assert.equal(page.match(/<svg/g)?.length, 3);
});
