// slow: takes seconds
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { conv, GraphBuilder, gradients, mul, reduceSum, type TrainingMode } from '../../src/graph/index.ts';
import { encodeModel, type ModelProto, type NodeProto } from '../../src/onnx/index.ts';
import { randomNumbers } from '../../src/random.ts';
import { channelBlock, Session } from '../../src/runtime/index.ts';
import { compareTensors } from '../support/float64/index.ts';

/** A convolution of `x` by a weight, each of these shapes. */
interface Case {
  readonly x: readonly number[];
  readonly weight: readonly number[];
  readonly options: Parameters<typeof conv>[3];
  readonly seed: number;
}

const whole = (min: number, max: number) => fc.integer({ min, max });
const pair = (min: number, max: number) => fc.tuple(whole(min, max), whole(min, max));

const settings = {
  batch: whole(1, 3),
  strides: pair(1, 3),
  dilations: pair(1, 2),
  pads: fc.tuple(whole(0, 2), whole(0, 2), whole(0, 2), whole(0, 2)),
  size: pair(5, 9),
  seed: whole(1, 1e6),
};

const small: fc.Arbitrary<Case> = fc
  .record({ ...settings, group: whole(1, 3), depth: whole(1, 6), filters: whole(1, 3), kernel: pair(1, 3) })
  .map(({ batch, size, group, depth, filters, kernel, seed, ...window }) => ({
    x: [batch, depth * group, ...size],
    weight: [filters * group, depth, ...kernel],
    options: { ...window, group },
    seed,
  }));

/** Kernels of one number, whose stride is undone by a product. */
const single: fc.Arbitrary<Case> = fc
  .record({ ...settings, depth: whole(1, 6), filters: whole(1, 3) })
  .map(({ batch, size, depth, filters, strides, seed }) => ({
    x: [batch, depth, ...size],
    weight: [filters, depth, 1, 1],
    options: { strides },
    seed,
  }));

/** Weights large enough, on maps small enough, that the batch is taken as depth. */
const large: fc.Arbitrary<Case> = fc
  .record({
    ...settings,
    batch: whole(2, 3),
    size: pair(3, 5),
    pads: fc.tuple(whole(0, 1), whole(0, 1), whole(0, 1), whole(0, 1)),
    weight: fc.constantFrom([512, 512, 1, 1], [256, 128, 3, 3], [128, 256, 3, 3]),
  })
  .map(({ batch, size, weight, seed, ...options }) => ({
    x: [batch, weight[1] ?? 1, ...size],
    weight,
    options,
    seed,
  }));

/** Every channel by itself: 16 and 32 of them are blocks, 24 are where a block has 8. */
const depthwise: fc.Arbitrary<Case> = fc
  .record({ ...settings, kernel: pair(1, 5), channels: fc.constantFrom(16, 24, 32) })
  .map(({ batch, size, channels, kernel, seed, ...window }) => ({
    x: [batch, channels, ...size],
    weight: [channels, 1, ...kernel],
    options: { ...window, group: channels },
    seed,
  }));

/** Output and gradients of a convolution, weighted by numbers of their own. */
function modelOf({ x, weight, options }: Case, training: TrainingMode | undefined): ModelProto {
  const g = new GraphBuilder('case', training);
  const inputs = [
    g.input('x', 'float32', x),
    g.input('weight', 'float32', weight),
    g.input('bias', 'float32', [weight[0] ?? 1]),
  ] as const;
  const y = conv(g, inputs[0], inputs[1], options, inputs[2]);
  const scale = g.input('scale', 'float32', y.shape);
  g.output(y, 'y');
  const loss = reduceSum(g, mul(g, y, mul(g, y, scale)), [...y.shape.keys()], false);
  for (const [at, gradient] of gradients(g, loss, inputs).entries()) g.output(gradient, `gradient${at}`);
  return g.build(new Map());
}

const isDeep = (model: ModelProto): boolean =>
  (model.graph?.node ?? []).some(({ opType, attribute }) =>
    attribute.some(({ name, ints }) => opType === 'Conv' && name === 'kernel_shape' && ints.length === 3),
  );

function dimsOf(model: ModelProto, name: string): number[] {
  const input = model.graph?.input.find((one) => one.name === name);
  const type = input?.type?.value;
  assert.equal(type?.case, 'tensorType');
  return (type.value.shape?.dim ?? []).map(({ value }) => Number(value.value));
}

async function outputsOf(model: ModelProto, seed: number) {
  await using session = await Session.open(encodeModel(model), { provider: 'cpu', threads: 1 });
  const random = randomNumbers(seed);
  const feeds = session.inputNames.map((name) => {
    const dims = dimsOf(model, name);
    const length = dims.reduce((product, dim) => product * dim, 1);
    return [
      name,
      { type: 'float32', dims, data: Float32Array.from({ length }, () => random() - 0.5) },
    ] as const;
  });
  return session.run(Object.fromEntries(feeds));
}

/** Whether the window has a place: else both ways refuse alike. */
function built(one: Case, fastMode: TrainingMode): { plain: ModelProto; fast: ModelProto } | undefined {
  try {
    return { plain: modelOf(one, undefined), fast: modelOf(one, fastMode) };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

async function assertAlike(
  one: Case,
  mode: TrainingMode = { batchNorm: 'batch' },
): Promise<ModelProto | undefined> {
  const models = built(one, mode);
  if (models === undefined) return undefined;
  const [plain, fast] = [await outputsOf(models.plain, one.seed), await outputsOf(models.fast, one.seed)];
  for (const [name, expected] of Object.entries(plain)) {
    const data = Float64Array.from(expected.data as Float32Array);
    const scale = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);
    const actual = fast[name];
    assert.ok(actual);
    const found = { dims: [...actual.dims], data: actual.data as Float32Array };
    const bounds = { relative: 1e-4, absolute: 1e-4 * scale };
    assert.equal(compareTensors(found, { dims: [...expected.dims], data }, bounds), undefined, name);
  }
  return models.fast;
}

test('a convolution to train with on a CPU gives what a plain one gives, and its gradients', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(small, small, single), async (one) => void (await assertAlike(one))),
    { numRuns: 40 },
  );
});

test('so does one of a large weight, which takes the batch as depth', async () => {
  const deep = async (one: Case): Promise<void> => {
    const fast = await assertAlike(one);
    if (fast !== undefined) assert.ok(isDeep(fast));
  };
  await fc.assert(fc.asyncProperty(large, deep), { numRuns: 16 });
});

const block = await channelBlock();
const without = block === undefined && 'ONNX Runtime keeps no channels side by side here';

test('a depthwise convolution in blocks of channels does too', { skip: without }, async () => {
  const inBlocks = new Set<string>();
  const alike = async (one: Case): Promise<void> => {
    const fast = await assertAlike(one, { batchNorm: 'batch', channelBlock: block });
    for (const { domain, opType } of fast?.graph?.node ?? []) if (domain !== '') inBlocks.add(opType);
  };
  await fc.assert(fc.asyncProperty(depthwise, alike), { numRuns: 60 });
  assert.deepEqual([...inBlocks].sort(), ['Conv', 'ReorderInput', 'ReorderOutput']);
});

test('on CUDA and in a graph that infers no channels are in blocks', () => {
  const one: Case = { x: [2, 16, 5, 5], weight: [16, 1, 3, 3], options: { group: 16 }, seed: 1 };
  const others = (model: ModelProto): number =>
    (model.graph?.node ?? []).filter(({ domain }) => domain !== '').length;
  assert.notEqual(others(modelOf(one, { batchNorm: 'batch', channelBlock: 16 })), 0);
  assert.equal(others(modelOf(one, { batchNorm: 'batch', channelBlock: 16, provider: 'cuda' })), 0);
  assert.equal(others(modelOf(one, undefined)), 0);
});

test('on CUDA every convolution stays plain', () => {
  const one: Case = { x: [2, 512, 5, 5], weight: [512, 512, 1, 1], options: {}, seed: 1 };
  assert.ok(isDeep(modelOf(one, { batchNorm: 'batch', provider: 'cpu' })));
  assert.ok(!isDeep(modelOf(one, { batchNorm: 'batch', provider: 'cuda' })));
});

/** What the CUDA provider leaves to the CPU, or refuses when a session is opened. */
function unfit({ opType, attribute }: NodeProto): boolean {
  const of = (name: string) => attribute.find((one) => one.name === name);
  const pads = (of('pads')?.ints ?? []).map(Number);
  const uneven = pads.some((pad, side) => pad !== pads[(side + pads.length / 2) % pads.length]);
  return (
    (opType === 'ConvTranspose' && uneven) ||
    (opType === 'BatchNormalization' && of('training_mode')?.i === 1n)
  );
}

test('a convolution to train with on CUDA gives what a plain one gives, of nodes that CUDA runs', async () => {
  const alike = async (one: Case): Promise<void> => {
    const fast = await assertAlike(one, { batchNorm: 'batch', provider: 'cuda' });
    assert.deepEqual((fast?.graph?.node ?? []).filter(unfit), []);
  };
  await fc.assert(fc.asyncProperty(fc.oneof(small, single, depthwise), alike), { numRuns: 80 });
});
