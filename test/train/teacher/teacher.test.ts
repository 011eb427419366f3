// slow: trains
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readSource } from '../../../src/datasets/index.ts';
import { exportModel } from '../../../src/export/index.ts';
import { preprocessImage } from '../../../src/image/index.ts';
import { silentLogger } from '../../../src/log.ts';
import { readModelFile } from '../../../src/model/index.ts';
import { decodeModel, encodeModel, type GraphProto, makeGraph, makeNode } from '../../../src/onnx/index.ts';
import { Session } from '../../../src/runtime/index.ts';
import { readRun, recipeOf, train } from '../../../src/train/index.ts';
import { stepOptionsOf } from '../../../src/train/recipe/recipe-options.ts';
import { initialState } from '../../../src/train/step/initial-state.ts';
import { buildStep } from '../../../src/train/step/step-graph.ts';
import { StepSession } from '../../../src/train/step/step-session.ts';
import { Teacher } from '../../../src/train/teacher/teacher.ts';
import { meanColour } from '../../embed/support/models.ts';
import { writeShapes } from '../../support/shapes.ts';

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

/** Squares of `side` pixels, `uint8[N,side,side,3]`, with every pixel as four. */
function doubled(pixels: Uint8Array, side: number): Uint8Array {
  const wide = 2 * side;
  return Uint8Array.from({ length: 4 * pixels.length }, (_, i) => {
    const [channel, at] = [i % 3, Math.floor(i / 3)];
    const [x, y, n] = [at % wide, Math.floor(at / wide) % wide, Math.floor(at / wide ** 2)];
    return pixels[((n * side + (y >> 1)) * side + (x >> 1)) * 3 + channel] ?? 0;
  });
}

before(async () => {
  await writeShapes(at('pictures'), 4, 1);
  await train(asked('first', { epochs: 30 }), { out: at('first'), provider: 'cpu', threads: 1 });
  const last = await readRun(at('first'), 'last');
  await exportModel({ ...last, classifier: true, out: at('teacher.onnx') });
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('an exported classifier gives logits beside the embedding, and a teacher sees crops at its own size', async () => {
  await using session = await Session.open(readFileSync(at('teacher.onnx')), { provider: 'cpu', threads: 1 });
  const images = Uint8Array.from({ length: 2 * 48 * 48 * 3 }, (_, i) => (i * 7919) % 256);
  const outputs = await session.run({ image: { type: 'uint8', dims: [2, 48, 48, 3], data: images } });
  const expected = outputs['logits']?.data as Float32Array;
  assert.ok(expected.some((value) => Math.abs(value) > 1e-3));
  assert.deepEqual(outputs['logits']?.dims, [2, 12]);
  await using same = await Teacher.open(at('teacher.onnx'), { size: 48, classes: 12 });
  assertNear((await same.infer(images)).logits, expected);
  // Every pixel as four: the mean of the four, where the resize looks, is the pixel.
  const wide = doubled(images, 48);
  await using other = await Teacher.open(at('teacher.onnx'), { size: 96, classes: 12 });
  assertNear((await other.infer(wide)).logits, expected);
});

/** The least loss that one can reach without a look at the picture: the entropy of what the teacher says on average. */
async function blindLoss(): Promise<number> {
  const { preprocessing } = await readModelFile(at('teacher.onnx')).then(({ metadata }) => metadata);
  await using teacher = await Teacher.open(at('teacher.onnx'), { size: 48, classes: 12 });
  const mean = new Float64Array(12);
  const { samples } = await readSource(at('pictures'));
  for (const { path } of samples) {
    const { logits } = await teacher.infer(await preprocessImage(readFileSync(path), preprocessing));
    const powers = [...logits].map(Math.exp);
    const sum = powers.reduce((total, power) => total + power, 0);
    for (const [k, power] of powers.entries()) mean[k] = (mean[k] ?? 0) + power / sum / samples.length;
  }
  return mean.reduce((sum, share) => sum - share * Math.log(share), 0);
}

test('a taught run comes nearer to its teacher than one could without its word on each picture', async () => {
  const losses: number[] = [];
  const run = {
    ...asked('near', { epochs: 20, distillation: 1, similarity: 0, teacherScale: 1 }),
    teacher: at('teacher.onnx'),
  };
  await train(run, { out: at('near'), provider: 'cpu', threads: 1, onStep: ({ loss }) => losses.push(loss) });
  const last = losses.slice(-4).reduce((sum, loss) => sum + loss, 0) / 4;
  const blind = await blindLoss();
  assert.ok(last < 0.95 * blind, `${last}, blind ${blind}`);
});

test('a loss without use for the logits of its teacher says that they are ignored, and is refused if nothing else is left', async () => {
  const warnings: string[] = [];
  const log = { ...silentLogger, warn: (text: string) => void warnings.push(text) };
  const given = { loss: 'snca', teacherScale: 1, epochs: 1 };
  const run = { ...asked('alike', { ...given, similarity: 2 }), teacher: at('teacher.onnx') };
  await train(run, { out: at('alike'), provider: 'cpu', threads: 1, log });
  assert.match(warnings.join('\n'), /^The loss snca has no use for the teacher's logits, which are ignored/m);
  const idle = { ...asked('idle', { ...given, similarity: 0 }), teacher: at('teacher.onnx') };
  await assert.rejects(
    train(idle, { out: at('idle'), provider: 'cpu', threads: 1 }),
    /^RangeError: The teacher must/,
  );
});

test('a taught run is recorded, and goes on to the same weights', async () => {
  const teacher = at('teacher.onnx');
  const run = { ...asked('taught', { distillation: 0.7, similarity: 2, teacherScale: 2 }), teacher };
  await train(run, { out: at('taught'), provider: 'cpu', threads: 1 });
  const config = JSON.parse(readFileSync(join(at('taught'), 'run.json'), 'utf8'));
  assert.deepEqual([config.teacher.path, config.recipe.distillation], [teacher, 0.7]);
  assert.equal((await readRun(at('taught'), 'last')).training['teacher'], config.teacher.sha256);
  const stop = new AbortController();
  const interrupted = train(run, {
    ...{ out: at('stopped'), provider: 'cpu', threads: 1, signal: stop.signal },
    onStep: ({ step }) => step === 3 && stop.abort(),
  });
  await assert.rejects(interrupted, { name: 'AbortError' });
  await train(run, { out: at('stopped'), provider: 'cpu', threads: 1, resume: true });
  const last = (name: string) => readFileSync(join(at(name), 'last.safetensors'));
  assert.ok(last('stopped').equals(last('taught')));
});

test('a network sees the means of the larger crops that its teacher sees', async () => {
  const [size, batch] = [32, 4];
  const pixels = Uint8Array.from({ length: batch * size * size * 3 }, (_, i) => (i * 7919) % 251);
  const losses = [];
  for (const [scale, images] of [
    [1, pixels],
    [2, doubled(pixels, size)],
  ] as const) {
    const { recipe } = asked('scaled', { size, batch, similarity: 0, teacherScale: scale });
    const step = buildStep(stepOptionsOf('resnet18', recipe, 12, 7));
    await using stepper = await StepSession.open(step, await initialState(step, 'resnet18', undefined, 1), {
      provider: 'cpu',
      threads: 1,
    });
    const teacher = Float32Array.from({ length: 12 * batch }, (_, i) => i % 5);
    const feed = { images, labels: new BigInt64Array(batch), learningRate: 0.1, teacher };
    losses.push([...(await stepper.run([feed])), ...(await stepper.run([feed]))]);
  }
  const [small = [], large = []] = losses;
  for (const [i, loss] of small.entries())
    assert.ok(Math.abs(loss - (large[i] ?? Number.NaN)) < 1e-4, `${losses}`);
  assert.ok((small[1] ?? 9) < (small[0] ?? 0));
});

test('what cannot teach is refused with how to make a teacher', async () => {
  await exportModel({ ...(await readRun(at('first'), 'last')), out: at('silent.onnx') });
  await assert.rejects(Teacher.open(at('silent.onnx'), { size: 48, classes: 12 }), {
    code: 'model-invalid',
    message: /with their classifier/,
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

test('a teacher is checked as a model that is served', async () => {
  const path = at('hostile.onnx');
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
