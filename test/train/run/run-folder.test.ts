import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { decodeModel, encodeModel, type GraphProto, makeGraph, makeNode } from '../../../src/onnx/index.ts';
import { recipeOf } from '../../../src/train/index.ts';
import { readCheckpoint, writeCheckpoint } from '../../../src/train/run/checkpoint.ts';
import type { RunConfig } from '../../../src/train/run/run-config.ts';
import { RunFolder } from '../../../src/train/run/run-folder.ts';
import { RunLock } from '../../../src/train/run/run-lock.ts';
import { Teacher } from '../../../src/train/teacher/teacher.ts';
import { readSafetensors, writeSafetensors } from '../../../src/weights/index.ts';
import { meanColour } from '../../embed/support/models.ts';

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
  weights: { path: '/w.pth', sha256: 'ab'.repeat(32) },
  teacher: null,
  validateEvery: 1,
  skipBad: false,
  classes: 2,
  images: 10,
  data: 'cd'.repeat(32),
  labels: null,
};

const read = (text: string): Promise<RunConfig | undefined> => {
  writeFileSync(folder.config, text);
  return folder.readConfig();
};

test('a configuration comes back as it was written, and that of a run of old is filled in', async () => {
  assert.deepEqual(await read(JSON.stringify(config)), config);
  const { teacher: _, labels: __, ...old } = config;
  assert.deepEqual(await read(JSON.stringify(old)), config);
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

test('a configuration beyond sense is not parsed', async () => {
  await assert.rejects(read(`{"formatVersion":1,"a":${'['.repeat(10_000)}`), /more than 64 levels/);
  await assert.rejects(read(`{"formatVersion":1,"a":[${'0,'.repeat(20_000)}0]}`), /more than 10000 values/);
  await assert.rejects(read(' '.repeat(2 ** 20 + 1)), /more than 1048576/);
});

const shapes = new Map([['w', [2]]]);
const position = { step: 3, epoch: 1, batch: 0, validatedEpoch: 1, best: { recall: 0.5, epoch: 1 } };

async function readWith(text: string): Promise<unknown> {
  await writeCheckpoint(folder.last, new Map([['w', Float32Array.of(1, 2)]]), shapes, position);
  const { tensors } = await readSafetensors(folder.last);
  // Without its hash, as a file of somebody who leaves it out.
  await writeSafetensors(folder.last, tensors, { 'snapshelf-checkpoint': text });
  return readCheckpoint(folder.last, shapes);
}

test('a position is checked', async () => {
  const good = { formatVersion: 1, ...position };
  assert.deepEqual(await readWith(JSON.stringify(good)), {
    state: new Map([['w', Float32Array.of(1, 2)]]),
    position,
  });
  const changes = [
    { step: -1 },
    { step: '3' },
    { epoch: 1e300 },
    { epoch: 0.5 },
    { batch: null },
    { validatedEpoch: [] },
    { best: 5 },
    { best: { recall: 'x', epoch: 1 } },
    { best: { recall: 2, epoch: 1 } },
    { formatVersion: 2 },
  ];
  for (const change of changes)
    await assert.rejects(
      readWith(JSON.stringify({ ...good, ...change })),
      { code: 'run-invalid' },
      JSON.stringify(change),
    );
  for (const text of ['', 'null', '[]', '['.repeat(1000), '5'])
    await assert.rejects(readWith(text), { code: 'run-invalid' }, text);
});

test('a log keeps the lines that are ones', async () => {
  const lines = [
    '{"kind":"step","step":1}',
    'null',
    '5',
    '{"kind":"step"}',
    '{"kind":5,"step":1}',
    '{"kind":"step","step":"1"}',
    `{"kind":"step","step":1,"a":${'['.repeat(1000)}${']'.repeat(1000)}}`,
    '{"kind":"validation","step":1,"epoch":"x"}',
    '{"kind":"validation","step":1,"epoch":1}',
    '{"kind":"step","step":4}',
    '{"kind":"step","st',
  ];
  writeFileSync(folder.log, lines.join('\n'));
  await folder.cutLog({ step: 3, validatedEpoch: 1 });
  assert.equal(readFileSync(folder.log, 'utf8'), `${lines[0]}\n${lines[8]}\n`);
});

test('a lock that names no process is taken, one that names a living one is not', () => {
  const path = join(root, 'run.lock');
  for (const text of ['', 'x', '-1', '0', '1e3', '0x1', '99999999999', '1'.repeat(100)]) {
    writeFileSync(path, text);
    using lock = new RunLock(root);
    assert.ok(lock, text);
  }
  writeFileSync(path, String(process.pid));
  assert.throws(() => new RunLock(root), { code: 'run-busy' });
});

test('a teacher is checked as a model that is served', async () => {
  const path = join(root, 'teacher.onnx');
  const open = (change: (graph: GraphProto) => void): Promise<Teacher> => {
    const model = decodeModel(meanColour(8, 0));
    change(model.graph ?? assert.fail());
    writeFileSync(path, encodeModel(model));
    return Teacher.open(path, { size: 8, classes: 2 });
  };
  await assert.rejects(
    open(() => {}),
    /it has no output "logits"/,
  );
  const body = makeGraph({ name: 'b', nodes: [], inputs: [], outputs: [], initializers: [] });
  const loop = makeNode({
    opType: 'Loop',
    inputs: ['', '', 'image'],
    outputs: ['logits'],
    attributes: { body },
  });
  await assert.rejects(
    open(({ node }) => node.push(loop)),
    { code: 'onnx-invalid' },
  );
});
