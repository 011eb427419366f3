import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { type DataOptions, readTrainingData } from '../../../src/train/data/training-data.ts';

const root = mkdtempSync(join(tmpdir(), 'snapshelf-hold-out-'));
after(() => rmSync(root, { recursive: true, force: true }));

/** Makes a folder of labels with so many files each; only their names are read here. */
function labels(name: string, counts: Readonly<Record<string, number>>): string {
  const folder = join(root, name);
  for (const [label, count] of Object.entries(counts)) {
    mkdirSync(join(folder, label), { recursive: true });
    for (let at = 0; at < count; at += 1) writeFileSync(join(folder, label, `${at}.png`), `${label} ${at}`);
  }
  return folder;
}

const shop = labels('shop', { hat: 20, shoe: 10, coat: 3, tie: 2, lone: 1 });

async function split(options: Partial<DataOptions>) {
  const data = await readTrainingData({ sources: [shop], ...options });
  const [validation] = data.validations;
  const trained = data.samples.map(({ path }) => path);
  const held = validation?.queries.map(({ path }) => path) ?? [];
  return { data, validation, trained, held };
}

const countOf = (paths: readonly string[], label: string): number =>
  paths.filter((path) => path.includes(`/${label}/`)).length;

test("a share of each label's pictures is held out, at least one of two, and never trained on", async () => {
  const { validation, trained, held, data } = await split({ holdOut: 0.1 });
  const counts = ['hat', 'shoe', 'coat', 'tie', 'lone'].map((label) => countOf(held, label));
  assert.deepEqual(counts, [2, 1, 1, 1, 0]);
  assert.equal(trained.length + held.length, 36);
  assert.ok(held.every((path) => !trained.includes(path)));
  assert.deepEqual(
    validation?.gallery?.map(({ path }) => path),
    trained,
  );
  assert.equal(data.classes.length, 5);
  const most = await split({ holdOut: 0.99 });
  assert.deepEqual([countOf(most.trained, 'hat'), countOf(most.trained, 'tie')], [1, 1]);
});

test('pictures of splits that a run has no use for are told, with their counts', async () => {
  const manifest = join(root, 'shop', 'splits.csv');
  const rows = [
    ...['hat/0,hat,', 'hat/1,hat,train', 'coat/0,coat,train', 'coat/1,coat,train'],
    ...['hat/2,hat,query', 'coat/2,coat,gallery', 'hat/3,hat,gallery'],
  ];
  const write = (lines: readonly string[]): void =>
    writeFileSync(
      manifest,
      `path,label,split\n${lines.map((row) => row.replace(',', '.png,')).join('\n')}\n`,
    );
  const notesOf = async (options: Partial<DataOptions>): Promise<string> =>
    (await split({ sources: [manifest], ...options })).data.remarks.notes.join('\n');
  const told =
    /^3 pictures of .*splits\.csv are neither trained on nor validated with, 2 of the split gallery, 1 of the split query: the run is validated with others$/;
  write(rows);
  assert.match(await notesOf({ holdOut: 0.25 }), told);
  assert.match(await notesOf({ queries: [shop] }), told);
  assert.equal(await notesOf({}), '');
  write([...rows, 'tie/0,tie,test']);
  assert.match(await notesOf({}), /^1 picture of .* is neither .* 1 of the split test: the run is validated/);
  write(rows.slice(0, 5));
  assert.match(await notesOf({}), /1 of the split query: .*query and gallery are validated with together/);
  write(
    [
      'hat/0,hat,',
      'hat/1,hat,',
      'coat/0,coat,',
      'coat/1,coat,',
      'tie/0,tie,',
      'tie/1,tie,',
      'hat/2,hat,test',
    ].concat(['lone/0,lone,']),
  );
  assert.match(await notesOf({ holdOutLabels: 0.1 }), /^1 picture of .* is neither/);
});

test('what is held out follows from the seed', async () => {
  const first = await split({ holdOut: 0.2, seed: 1 });
  assert.deepEqual((await split({ holdOut: 0.2 })).held, first.held);
  assert.notDeepEqual((await split({ holdOut: 0.2, seed: 2 })).held, first.held);
});

test('labels are held out whole, at least two that can be told apart, each looked for among the others', async () => {
  const { validation, trained, held, data } = await split({ holdOutLabels: 0.1 });
  const labelsHeld = new Set(validation?.queries.map(({ label }) => label));
  assert.equal(labelsHeld.size, 2);
  assert.equal(validation?.gallery, null);
  assert.ok(!labelsHeld.has('lone'));
  assert.deepEqual([data.classes.length, trained.length + held.length], [3, 36]);
  for (const label of labelsHeld) assert.equal(countOf(trained, label), 0);
});

test('of several sources each is split by itself', async () => {
  const other = labels('other', { hat: 4, bag: 4 });
  const data = await readTrainingData({ sources: [shop, other], holdOut: 0.5 });
  assert.deepEqual(
    data.validations.map(({ name, queries }) => [name, queries.length]),
    [
      [`${basename(root)}/shop (held out)`, 10 + 5 + 2 + 1],
      [`${basename(root)}/other (held out)`, 4],
    ],
  );
  assert.equal(data.samples.length, 36 + 8 - 18 - 4);
  assert.equal(data.classes.length, 7);
});

test('too little to hold out, and two ways to validate, are refused in a sentence', async () => {
  const singles = labels('singles', { a: 1, b: 1, c: 1 });
  const three = labels('three', { a: 2, b: 2, c: 2 });
  const invalid = { code: 'source-invalid' };
  await assert.rejects(split({ sources: [singles], holdOut: 0.5 }), {
    ...invalid,
    message: /no label has two pictures/,
  });
  await assert.rejects(split({ sources: [singles], holdOutLabels: 0.5 }), {
    ...invalid,
    message: /two labels of two/,
  });
  await assert.rejects(split({ sources: [three], holdOutLabels: 0.5 }), {
    ...invalid,
    message: /of its 3 labels two/,
  });
  await assert.rejects(split({ holdOut: 0.1, holdOutLabels: 0.1 }), {
    name: 'RangeError',
    message: /^Only one of/,
  });
  await assert.rejects(split({ holdOut: 0.1, queries: [shop] }), {
    name: 'RangeError',
    message: /^Only one of/,
  });
  for (const holdOut of [0, 1, -1, Number.NaN])
    await assert.rejects(split({ holdOut }), {
      name: 'RangeError',
      message: /^holdOut must be a number above 0 and below 1/,
    });
});
