import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchPage } from '../../src/report/index.ts';

const nasty = '<script>alert("1")</script>&';
const map = {
  rows: [
    [0, 0.5],
    [1, 0],
  ],
  area: { left: 10, top: 0, width: 80, height: 40 },
  width: 100,
  height: 40,
};
const report = {
  collection: nasty,
  model: nasty,
  metric: 'cosine',
  query: { name: nasty, picture: 'data:image/jpeg;base64,QQ==' },
  crop: { left: 1, top: 2, width: 30, height: 20 },
  expandedBy: 1,
  matches: [
    { id: nasty, label: nasty, score: 0.5, picture: 'data:image/jpeg;base64,Qg==', queryMap: map, map },
    { id: 'bare', label: null, score: 0.25, picture: undefined, queryMap: map, map: null },
  ],
  more: 2,
};

test('the page has both maps of each answer in their places, nothing that runs, and all text escaped', () => {
  const page = matchPage(report);
  assert.doesNotMatch(page, /<script|<link|<iframe|\son\w+=|@import|https?:/i);
  assert.equal(page.match(/<svg viewBox="0 0 100 40"/g)?.length, 3);
  assert.equal(
    page.match(/<g filter="url\(#soft\)" transform="translate\(10 0\) scale\(40 20\)">/g)?.length,
    3,
  );
  assert.equal(page.match(/fill="rgb\(255 40 0\)" fill-opacity="0\.750"/g)?.length, 3);
  assert.equal(page.match(/<use href="#query"\/>/g)?.length, 2);
  const parts = [
    '&lt;script&gt;',
    '2. bare',
    'Its picture is not stored.',
    '30 × 20 pixels from 1, 2',
    '1 item that it was expanded by',
    '2 more answers not shown',
  ];
  for (const part of parts) assert.ok(page.includes(part), part);
});

test('a search without an answer, and by an item whose picture is not stored, says so', () => {
  const none = matchPage({ ...report, matches: [], more: 0, expandedBy: 0, crop: undefined });
  assert.ok(none.includes('Nothing was found.') && !none.includes('expanded') && !none.includes('frame is'));
  const query = { name: 'bare', picture: undefined };
  const [first] = report.matches;
  assert.ok(first !== undefined);
  const page = matchPage({ ...report, query, matches: [{ ...first, queryMap: null }] });
  assert.ok(page.includes('Its picture is not stored.') && !page.includes('#query"'));
});
