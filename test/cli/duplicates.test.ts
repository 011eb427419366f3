// slow: runs the program
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Retriever } from '../../src/retrieval/index.ts';
import { snapshelf } from '../support/cli.ts';
import { stripes } from '../support/pictures.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-duplicates-cli-'));
const data = join(folder, 'data');

before(async () => {
  const model = join(folder, 'tiny.onnx');
  await writeTinyModel(model);
  await using retriever = await Retriever.open(data, { model });
  await retriever.createCollection('shop');
  const image = await stripes(10, 5);
  await retriever.add('shop', [
    { id: 'first', image },
    { id: '<b>second</b>', image },
    { id: 'third', image: await stripes(200, 20) },
  ]);
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('duplicates are printed, written as JSON and shown with their pictures', async () => {
  const out = join(folder, 'report');
  const json = join(folder, 'found.json');
  const args = [
    '--data',
    data,
    '--collection',
    'shop',
    '--threshold',
    '0.999999',
    '--json',
    json,
    '--out',
    out,
  ];
  const { code, stdout, stderr } = await snapshelf('duplicates', ...args);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /1 group of 2 items that score at least 0.999999, of 3 items/);
  const report = JSON.parse(readFileSync(json, 'utf8'));
  assert.deepEqual(
    report.groups.map((group: { id: string; identical: boolean }[]) =>
      group.map(({ id, identical }) => [id, identical]),
    ),
    [
      [
        ['<b>second</b>', true],
        ['first', true],
      ],
    ],
  );
  assert.deepEqual(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')), report);
  const page = readFileSync(join(out, 'report.html'), 'utf8');
  assert.equal(page.match(/<img src="data:image\/jpeg;base64,/g)?.length, 2);
  assert.ok(page.includes('&lt;b&gt;second') && !page.includes('<b>second'));
});

test('a threshold that is none is refused', async () => {
  const { code, stderr } = await snapshelf(
    'duplicates',
    '--data',
    data,
    '--collection',
    'shop',
    '--threshold',
    '2',
  );
  assert.equal(code, 1);
  assert.match(stderr, /threshold must be a number above 0 and of at most 1, not 2\./);
});
