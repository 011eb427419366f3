import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { dataWarnings } from '../../../src/train/data/data-warnings.ts';
import { readTrainingData } from '../../../src/train/data/training-data.ts';

const root = mkdtempSync(join(tmpdir(), 'snapshelf-data-warnings-'));
after(() => rmSync(root, { recursive: true, force: true }));

/** Makes a folder of files by path and content; only their bytes are read here. */
function source(name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(root, name);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

const shop = source('shop', {
  'hat/1.png': 'one',
  'hat/2.png': 'two',
  'coat/1.png': 'six',
  'coat/2.png': 'ten',
});

const warningsOf = async (query: string, sources = [shop]): Promise<string[]> =>
  dataWarnings(await readTrainingData({ sources, queries: [query] }));

test('other pictures of the same labels are worth no word', async () => {
  const fine = source('fine', { 'hat/3.png': 'red', 'coat/3.png': 'black' });
  assert.deepEqual(await warningsOf(fine), []);
});

test('queries that are in their own gallery are told: the same folder, or a copy under other names', async () => {
  assert.match(
    (await warningsOf(shop)).join(),
    /^All 4 queries of .*shop have their own picture in the gallery/,
  );
  const copied = source('copied', { 'hat/new.png': 'two', 'coat/other.png': 'sky' });
  assert.match((await warningsOf(copied)).join(), /^1 of 2 queries .*\("hat\/new\.png"\)/);
});

test('queries without a label in common with their gallery are told', async () => {
  const strange = source('strange', { 'Hats/1.png': 'hat hat', 'Coats/1.png': 'coat' });
  const [warning = '', ...others] = await warningsOf(strange);
  assert.deepEqual(others, []);
  assert.match(warning, /^No query of .*strange counts: .*"Coats", "Hats".*"coat", "hat"/);
  const partly = source('partly', { 'hat/9.png': 'nine', 'Coats/1.png': 'coat' });
  assert.match((await warningsOf(partly)).join(), /^1 of 2 queries of .* do not count: .*"Coats"/);
});

test('a picture under two labels is told, and test pictures that are trained on', async () => {
  const doubled = source('doubled', { 'hat/1.png': 'one', 'coat/1.png': 'one', 'coat/2.png': 'two' });
  const fine = source('fine-too', { 'hat/3.png': 'red', 'coat/3.png': 'black' });
  assert.match(
    (await warningsOf(fine, [doubled])).join(),
    /^1 picture is trained on under two labels.* as coat and hat"/,
  );
  source('splits', { 'a.png': 'a', 'b.png': 'b', 'c.png': 'c', 'd.png': 'a', 'e.png': 'e' });
  const manifest = join(root, 'splits', 'all.csv');
  const rows = ['a,x,train', 'b,y,train', 'c,x,train', 'd,x,test', 'e,x,test'];
  writeFileSync(manifest, `path,label,split\n${rows.map((row) => row.replace(',', '.png,')).join('\n')}\n`);
  const found = await dataWarnings(await readTrainingData({ sources: [manifest] }));
  assert.match(found.join(), /^1 of 2 queries of .* are trained on too.*\("d\.png"\)/);
});
