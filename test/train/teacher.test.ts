import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exportModel } from '../../src/export/index.ts';
import { Session } from '../../src/runtime/index.ts';
import { readRun, recipeOf, train } from '../../src/train/index.ts';
import { Teacher } from '../../src/train/teacher.ts';
import { writeShapes } from '../support/shapes.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-teacher-'));
const at = (name: string): string => join(folder, name);
const small = [
  'width=0.125',
  'resize.size=48',
  'testResize.size=48',
  'jitter=null',
  'crop.area=[0.8,1]',
  'lastStride=1',
];
const sized = { size: 48, testSize: 48, batch: 12, epochs: 2, learningRate: 0.05 };
const asked = (name: string, more: object = {}) => ({
  architecture: 'resnet18',
  recipeName: 'scratch',
  recipe: recipeOf('scratch', { ...sized, ...more }, small),
  sources: [at('pictures')],
  name,
});

function assertNear(actual: Float32Array, expected: Float32Array): void {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(value - (actual[i] ?? Number.NaN)) < 1e-5, `${actual[i]} instead of ${value}`);
}

before(async () => {
  await writeShapes(at('pictures'), 4, 1);
  await train(asked('first'), { out: at('first'), provider: 'cpu' });
  const last = await readRun(at('first'), 'last');
  await exportModel({ ...last, classifier: true, out: at('teacher.onnx') });
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('an exported classifier gives logits beside the embedding, and a teacher sees crops at its own size', async () => {
  await using session = await Session.open(readFileSync(at('teacher.onnx')), { provider: 'cpu' });
  const images = Uint8Array.from({ length: 2 * 48 * 48 * 3 }, (_, i) => (i * 7919) % 256);
  const outputs = await session.run({ image: { type: 'uint8', dims: [2, 48, 48, 3], data: images } });
  const expected = outputs['logits']?.data as Float32Array;
  assert.ok(expected.some((value) => Math.abs(value) > 1e-3));
  assert.deepEqual(outputs['logits']?.dims, [2, 12]);
  await using same = await Teacher.open(at('teacher.onnx'), { size: 48, classes: 12 });
  assertNear((await same.look(images)).logits, expected);
  // One level all over stays that level at any size, so the teacher says the same of it.
  await using other = await Teacher.open(at('teacher.onnx'), { size: 32, classes: 12 });
  const [grey, large] = [new Uint8Array(32 * 32 * 3).fill(90), new Uint8Array(48 * 48 * 3).fill(90)];
  assertNear((await other.look(grey)).logits, (await same.look(large)).logits);
});

test('a taught run learns what its teacher says, is recorded, and goes on to the same weights', async () => {
  const teacher = at('teacher.onnx');
  const losses: number[] = [];
  const run = { ...asked('taught', { distillation: 0.7, similarity: 2 }), teacher };
  await train(run, { out: at('taught'), provider: 'cpu', onStep: ({ loss }) => losses.push(loss) });
  assert.ok((losses.at(-1) ?? 9) < (losses[0] ?? 0), `${losses}`);
  const config = JSON.parse(readFileSync(join(at('taught'), 'run.json'), 'utf8'));
  assert.deepEqual([config.teacher.path, config.recipe.distillation], [teacher, 0.7]);
  const stop = new AbortController();
  const interrupted = train(run, {
    ...{ out: at('stopped'), provider: 'cpu', signal: stop.signal },
    onStep: ({ step }) => step === 3 && stop.abort(),
  });
  await assert.rejects(interrupted, { name: 'AbortError' });
  await train(run, { out: at('stopped'), provider: 'cpu', resume: true });
  const last = (name: string) => readFileSync(join(at(name), 'last.safetensors'));
  assert.ok(last('stopped').equals(last('taught')));
});

test('what cannot teach is refused with the command that makes a teacher', async () => {
  await exportModel({ ...(await readRun(at('first'), 'last')), out: at('silent.onnx') });
  await assert.rejects(Teacher.open(at('silent.onnx'), { size: 48, classes: 12 }), {
    code: 'model-invalid',
    message: /--classifier/,
  });
  await assert.rejects(Teacher.open(at('teacher.onnx'), { size: 48, classes: 13 }), {
    code: 'model-invalid',
    message: /12 classes/,
  });
  await assert.rejects(Teacher.open(at('nowhere.onnx'), { size: 48, classes: 12 }), {
    code: 'model-not-found',
  });
  const { architecture, network, weights } = await readRun(at('first'), 'last');
  const without = new Map([...weights].filter(([name]) => !name.startsWith('classifier')));
  await assert.rejects(
    exportModel({ architecture, network, weights: without, classifier: true, out: at('x.onnx') }),
    { code: 'weights-mismatch' },
  );
});
