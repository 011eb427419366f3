import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readParts } from '../../src/bakeoff/split.ts';
import type { Sample } from '../../src/datasets/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-bakeoff-split-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;

/** Writes a manifest of empty files: nothing here opens a picture. */
function manifest(rows: readonly (readonly [label: string, split?: string])[]): string {
  made += 1;
  const own = join(folder, String(made));
  mkdirSync(own);
  const lines = rows.map(([label, split], at) => {
    writeFileSync(join(own, `${at}.jpg`), '');
    return `${at}.jpg,${label},${split ?? ''}`;
  });
  const path = join(own, 'pictures.csv');
  writeFileSync(path, `path,label,split\n${lines.join('\n')}\n`);
  return path;
}

const labelsOf = (samples: readonly Sample[]): Set<string> => new Set(samples.map(({ label }) => label));

const sixteen = manifest(
  Array.from({ length: 64 }, (_, at) => [`label ${String(at % 16).padStart(2, '0')}`] as const),
);

test('half of the labels are the test, a quarter of the others is chosen on, and no label is in two parts', async () => {
  const { training, search, validation, test: tested, split } = await readParts([sixteen], 1);
  assert.equal(split, 'half');
  const sizes = [search, validation, tested.queries].map((samples) => labelsOf(samples).size);
  assert.deepEqual(sizes, [6, 2, 8]);
  assert.equal(labelsOf([...search, ...validation, ...tested.queries]).size, 16);
  assert.deepEqual(labelsOf(training), labelsOf([...search, ...validation]));
  assert.equal(training.length, search.length + validation.length);
});

test('the parts follow from the seed and the labels, and so does their hash', async () => {
  const first = await readParts([sixteen], 1);
  assert.equal((await readParts([sixteen], 1)).hash, first.hash);
  assert.notEqual((await readParts([sixteen], 2)).hash, first.hash);
});

const own = (labels: number, split: string, from = 0) =>
  Array.from({ length: 2 * labels }, (_, at) => [`label ${from + (at % labels)}`, split] as const);

test("a source's own splits say what is tested", async () => {
  const self = await readParts([manifest([...own(4, 'train'), ...own(3, 'test', 4)])], 1);
  assert.equal(self.split, 'own');
  assert.deepEqual(labelsOf(self.test.queries), new Set(['label 4', 'label 5', 'label 6']));
  assert.equal(self.test.gallery, null);
  const pair = await readParts(
    [manifest([...own(4, 'train'), ...own(3, 'query', 4), ...own(3, 'gallery', 4)])],
    1,
  );
  assert.deepEqual([pair.test.queries.length, pair.test.gallery?.length], [6, 6]);
});

test('labels that are both learned and tested are refused, and splits without a test', async () => {
  await assert.rejects(readParts([manifest([...own(4, 'train'), ...own(2, 'test', 3)])], 1), {
    code: 'source-invalid',
    message: /The labels label 3 of .* are in its training and its test pictures/,
  });
  await assert.rejects(readParts([manifest(own(4, 'train'))], 1), {
    code: 'source-invalid',
    message: /neither "test" nor "query" with "gallery"/,
  });
});

test('too few labels to choose values on and to learn are refused with the counts of the whole source', async () => {
  const refusal = (count: number, left: number) => ({
    code: 'source-invalid',
    message: new RegExp(
      `^A bake-off needs four labels to train on.* of the ${count} labels of .* only ${left} are left`,
    ),
  });
  const five = Array.from({ length: 10 }, (_, at) => [`label ${at % 5}`] as const);
  await assert.rejects(readParts([manifest(five)], 1), refusal(5, 2));
  await assert.rejects(readParts([manifest([...own(3, 'train'), ...own(3, 'test', 3)])], 1), refusal(6, 3));
  const eight = Array.from({ length: 16 }, (_, at) => [`label ${at % 8}`] as const);
  assert.equal(labelsOf((await readParts([manifest(eight)], 1)).search).size, 2);
});
