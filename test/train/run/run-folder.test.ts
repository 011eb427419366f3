import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { recipeOf } from '../../../src/train/index.ts';
import type { RunConfig } from '../../../src/train/run/run-config.ts';
import { RunFolder } from '../../../src/train/run/run-folder.ts';
import { fixture } from '../../support/repository.ts';

const root = mkdtempSync(join(tmpdir(), 'snapshelf-hostile-run-'));
after(() => rmSync(root, { recursive: true }));
const folder = new RunFolder(root);

const config: RunConfig = {
  formatVersion: 1,
  architecture: 'resnet18',
  recipeName: 'scratch',
  recipe: recipeOf('scratch'),
  seed: 1,
  sources: ['/photos'],
  queries: [],
  holdOut: null,
  holdOutLabels: null,
  weights: { path: '/w.pth', sha256: 'ab'.repeat(32) },
  teacher: null,
  validateEvery: 1,
  skipBad: false,
  classes: 2,
  images: 10,
  data: 'cd'.repeat(32),
  labels: null,
  calls: [],
};

const read = (text: string): Promise<RunConfig | undefined> => {
  writeFileSync(folder.config, text);
  return folder.readConfig();
};

test('a configuration comes back as it was written, and that of a run of old is filled in', async () => {
  assert.deepEqual(await read(JSON.stringify(config)), config);
  const { teacher: _, labels: __, holdOut: ___, holdOutLabels: ____, calls: _____, ...old } = config;
  assert.deepEqual(await read(JSON.stringify(old)), config);
});

// The fixture was written by snapshelf train of 0.1.0, with the settings below.
test('the configuration that version 0.1.0 wrote is read: values that came later have their defaults', async () => {
  const config = await read(readFileSync(fixture('train', 'run-0.1.0.json'), 'utf8'));
  const expected = recipeOf(
    'scratch',
    { epochs: 2, batch: 8, size: 32, testSize: 32, clipNorm: 5, averageDecay: 0.9 },
    [
      'width=0.02',
      'resize.size=32',
      'testResize.size=144',
      'schedule.kind=constant',
      'jitter={"hue":0.1}',
      'progressive=[{"size":32,"epochs":1}]',
    ],
  );
  assert.deepEqual(config?.recipe, expected);
});

const wrong: readonly Readonly<Record<string, unknown>>[] = [
  { architecture: 'constructor' },
  { architecture: 5 },
  { recipe: null },
  { recipe: [] },
  { recipe: { ...config.recipe, batch: 0.5 } },
  { recipe: { ...config.recipe, crop: null } },
  { recipe: { ...config.recipe, crop: { kind: 'random-resized', area: 'x' } } },
  { recipe: { ...config.recipe, schedule: { kind: '__proto__' } } },
  { recipe: { ...config.recipe, testResize: { mode: 'short-side', size: 1e9, filter: 'bilinear' } } },
  { recipe: { ...config.recipe, progressive: { length: 1e9 } } },
  { seed: '1' },
  { sources: '/photos' },
  { sources: [1] },
  { sources: ['x'.repeat(5000)] },
  { queries: null },
  { weights: '/w.pth' },
  { weights: { path: '/w.pth', sha256: '../../x' } },
  { teacher: { path: 5, sha256: 'ab'.repeat(32) } },
  { validateEvery: 0 },
  { skipBad: 'yes' },
  { classes: -1 },
  { images: 1e300 },
  { data: 'x' },
  { labels: {} },
];

test('every field of a configuration is checked', async () => {
  for (const change of wrong)
    await assert.rejects(
      read(JSON.stringify({ ...config, ...change })),
      { code: 'run-invalid' },
      JSON.stringify(change),
    );
  for (const text of ['', 'null', '5', '[]', '{"formatVersion":2}', '{"formatVersion":1}'])
    await assert.rejects(read(text), { code: 'run-invalid' }, text);
});

const messages: readonly (readonly [change: Readonly<Record<string, unknown>>, says: RegExp])[] = [
  [
    { architecture: 'resnet19' },
    /run\.json is damaged: architecture must be one of resnet18, .*, not "resnet19"\.$/,
  ],
  [{ seed: '1' }, /seed must be a whole number, not "1"\.$/],
  [{ data: 'x' }, /data must be 64 hexadecimal digits, not "x"\.$/],
  [{ weights: '/w' }, /weights must be an object with path and sha256, or null, not "\/w"\.$/],
  [{ sources: [1] }, /sources\.0 must be a text of at most 4096 characters, not 1\.$/],
  [
    { recipe: { ...config.recipe, batch: 0 } },
    /recipe\.batch must be a whole number of at least 2, not 0\.$/,
  ],
  [{ recipe: { ...config.recipe, bach: 1 } }, /A run has no "recipe\.bach"\. Did you mean recipe\.batch\?/],
];

test('the message of a damaged configuration says what is wrong and what is allowed', async () => {
  for (const [change, message] of messages)
    await assert.rejects(read(JSON.stringify({ ...config, ...change })), { message }, `${message}`);
});

test('a configuration beyond sense is not parsed', async () => {
  await assert.rejects(read(`{"formatVersion":1,"a":${'['.repeat(10_000)}`), /more than 64 levels/);
  await assert.rejects(read(`{"formatVersion":1,"a":[${'0,'.repeat(20_000)}0]}`), /more than 10000 values/);
  await assert.rejects(read(' '.repeat(2 ** 20 + 1)), /more than 1048576/);
});
