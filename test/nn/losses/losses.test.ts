import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { GraphBuilder, gradients } from '../../../src/graph/index.ts';
import { lossOf, lossOptionsOf, similarityLoss } from '../../../src/nn/index.ts';
import { encodeModel } from '../../../src/onnx/index.ts';
import { randomNumbers } from '../../../src/random.ts';
import { Session } from '../../../src/runtime/index.ts';
import { cosine } from '../../support/compare.ts';
import { fixture } from '../../support/repository.ts';

const [batch, classes, dimension] = [4, 5, 3];
const random = randomNumbers(3);
const draw = (count: number): Float32Array => Float32Array.from({ length: count }, () => 4 * random() - 2);
const [embedding, weight, bias, teacher] = [
  batch * dimension,
  classes * dimension,
  classes,
  batch * classes,
].map(draw) as [Float32Array, Float32Array, Float32Array, Float32Array];
const labels = [0, 3, 2, 4];

/** The loss as the product computes it. */
async function computed(settings: object, taught: boolean): Promise<number> {
  const g = new GraphBuilder('loss', { batchNorm: 'batch' });
  const input = {
    embedding: g.input('embedding', 'float32', [batch, dimension]),
    labels: g.input('label', 'int64', [batch]),
    classes,
    teacher: taught ? g.input('teacher', 'float32', [batch, classes]) : undefined,
  };
  g.output(lossOf('cross-entropy').build(g, { ...input, settings }, {}), 'loss');
  const model = encodeModel(
    g.build(
      new Map([
        ['classifier.weight', weight],
        ['classifier.bias', bias],
      ]),
    ),
  );
  await using session = await Session.open(model, { provider: 'cpu' });
  const outputs = await session.run({
    embedding: { type: 'float32', dims: [batch, dimension], data: embedding },
    label: { type: 'int64', dims: [batch], data: BigInt64Array.from(labels, BigInt) },
    ...(taught && { teacher: { type: 'float32', dims: [batch, classes], data: teacher } }),
  });
  return Number(outputs['loss']?.data[0]);
}

const softmax = (values: readonly number[]): number[] => {
  const powers = values.map(Math.exp);
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
};
const row = (values: Float32Array, at: number, length: number): number[] => [
  ...values.subarray(at * length, (at + 1) * length),
];

/** The definition in float64: minus the mean over the batch of sum_k target_k log p_k. */
function defined({ smoothing = 0, temperature = 1, distillation = 1 }, taught: boolean): number {
  const terms = labels.map((label, at) => {
    const feature = row(embedding, at, dimension);
    const logits = [...bias].map(
      (offset, k) =>
        (offset + row(weight, k, dimension).reduce((sum, w, i) => sum + w * (feature[i] ?? 0), 0)) /
        temperature,
    );
    const said = softmax(row(teacher, at, classes));
    const share = taught ? distillation : 0;
    return softmax(logits).reduce((sum, p, k) => {
      const hard = k === label ? 1 - smoothing : smoothing / (classes - 1);
      return sum - ((1 - share) * hard + share * (said[k] ?? 0)) * Math.log(p);
    }, 0);
  });
  return terms.reduce((sum, value) => sum + value, 0) / batch;
}

for (const settings of [
  {},
  { smoothing: 0.1 },
  { temperature: 0.5 },
  { distillation: 0 },
  { distillation: 0.3, smoothing: 0.2 },
])
  for (const taught of [false, true])
    test(`cross-entropy ${JSON.stringify(settings)}${taught ? ' with a teacher' : ''} is its definition`, async () => {
      const [actual, expected] = [await computed(settings, taught), defined(settings, taught)];
      assert.ok(Math.abs(actual - expected) < 1e-5 * expected, `${actual} instead of ${expected}`);
    });

test('the loss of similarities is its definition, and a row of zeros is like nothing', async () => {
  const [theirs, wide] = [draw(batch * 2), Float32Array.from(embedding).fill(0, dimension, 2 * dimension)];
  const g = new GraphBuilder('similarities', { batchNorm: 'batch' });
  const own = g.input('own', 'float32', [batch, dimension]);
  g.output(similarityLoss(g, own, g.input('theirs', 'float32', [batch, 2])), 'loss');
  await using session = await Session.open(encodeModel(g.build()), { provider: 'cpu' });
  const outputs = await session.run({
    own: { type: 'float32', dims: [batch, dimension], data: wide },
    theirs: { type: 'float32', dims: [batch, 2], data: theirs },
  });
  const alike = (values: Float32Array, length: number, a: number, b: number): number => {
    const [x, y] = [row(values, a, length), row(values, b, length)];
    return Math.hypot(...x) * Math.hypot(...y) === 0 ? 0 : cosine(x, y);
  };
  let sum = 0;
  for (let a = 0; a < batch; a += 1)
    for (let b = 0; b < batch; b += 1)
      sum += (alike(wide, dimension, a, b) - alike(theirs, 2, a, b)) ** 2 / batch ** 2;
  assert.ok(Math.abs(Number(outputs['loss']?.data[0]) - sum) < 1e-5 * sum);
});

interface Weighted {
  readonly labels: readonly number[];
  readonly weights: readonly number[];
  readonly embedding: readonly number[];
  readonly weight: readonly number[];
  readonly bias: readonly number[];
  readonly cases: readonly {
    readonly smoothing: number;
    readonly loss: number;
    readonly gradients: Readonly<Record<'embedding' | 'weight' | 'bias', readonly number[]>>;
  }[];
}

test("with weights of the classes, loss and gradients are PyTorch's in float64", async () => {
  const golden = JSON.parse(readFileSync(fixture('nn', 'class-weights.json'), 'utf8')) as Weighted;
  const { weights } = golden;
  const count = golden.labels.length;
  const [C, D] = [weights.length, golden.embedding.length / count];
  for (const { smoothing, loss: expected, gradients: derived } of golden.cases) {
    const g = new GraphBuilder('loss', { batchNorm: 'batch' });
    const feature = g.parameter('feature', [count, D]);
    const input = { embedding: feature, labels: g.input('label', 'int64', [count]), classes: C };
    const loss = lossOf('cross-entropy').build(g, { ...input, settings: { smoothing, weights } }, {});
    g.output(loss, 'loss');
    const names = { embedding: 'feature', weight: 'classifier.weight', bias: 'classifier.bias' } as const;
    const found = gradients(
      g,
      loss,
      Object.values(names).map((name) => g.value(name)),
    );
    for (const [at, name] of Object.keys(names).entries()) g.output(found[at] ?? loss, `gradient.${name}`);
    const values = new Map(
      Object.entries(names).map(([key, name]) => [
        name,
        Float32Array.from(golden[key as keyof typeof names]),
      ]),
    );
    await using session = await Session.open(encodeModel(g.build(values)), { provider: 'cpu' });
    const label = { type: 'int64', dims: [count], data: BigInt64Array.from(golden.labels, BigInt) } as const;
    const outputs = await session.run({ label });
    assert.ok(Math.abs(Number(outputs['loss']?.data[0]) - expected) < 1e-6 * expected);
    for (const [name, numbers] of Object.entries(derived))
      for (const [at, number] of numbers.entries()) {
        const own = Number(outputs[`gradient.${name}`]?.data[at]);
        assert.ok(Math.abs(own - number) < 1e-6, `${name}[${at}]: ${own} instead of ${number}`);
      }
  }
});

test('options that a loss does not have are refused', () => {
  const says = /^The loss has no option "sigm"\. Its options are sigma\.$/;
  assert.throws(() => lossOptionsOf(lossOf('snca'), { sigm: 1 }), { name: 'RangeError', message: says });
  assert.deepEqual(lossOptionsOf(lossOf('snca'), { sigma: 1 }), { sigma: 1 });
});
