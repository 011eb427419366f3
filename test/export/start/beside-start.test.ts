import assert from 'node:assert/strict';
import { test } from 'node:test';
import { besideStart } from '../../../src/export/start/beside-start.ts';
import { centreOf } from '../../../src/export/start/familiarity.ts';
import { GraphBuilder } from '../../../src/graph/index.ts';
import { buildNetwork } from '../../../src/nn/index.ts';
import { encodeModel, type ModelProto } from '../../../src/onnx/index.ts';
import { randomNumbers } from '../../../src/random.ts';
import { Session } from '../../../src/runtime/index.ts';

const side = 32;
const width = 1 / 32;

/** A narrow network whose first blocks have numbers of one seed, the others of another. */
function network(seed: number): { model: ModelProto; dimension: number } {
  const g = new GraphBuilder('network');
  const image = g.input('image', 'float32', ['N', 3, side, side]);
  const { feature, dimension } = buildNetwork(g, 'resnet18', image, { width });
  g.output(feature, 'embedding');
  const weights = new Map(
    [...g.parameters].map(([name, shape]) => {
      const random = randomNumbers(/^(conv1|bn1|layer1)\./.test(name) ? 1 : seed);
      const size = shape.reduce((product, dim) => product * dim, 1);
      const centre = /running_var|bn\d\.weight|downsample\.1\.weight/.test(name) ? 1 : 0;
      return [name, Float32Array.from({ length: size }, () => centre + 0.5 * (random() - 0.5))];
    }),
  );
  return { model: g.build(weights), dimension };
}

const pictures = (): Float32Array => {
  const random = randomNumbers(9);
  return Float32Array.from({ length: 3 * 3 * side * side }, () => 2 * random() - 1);
};

async function features(model: ModelProto): Promise<Float64Array[]> {
  await using session = await Session.open(encodeModel(model), { provider: 'cpu', threads: 1 });
  const image = { type: 'float32', dims: [3, 3, side, side], data: pictures() } as const;
  const all = (await session.run({ image }))['embedding']?.data as Float32Array;
  const length = all.length / 3;
  return [0, 1, 2].map((row) => Float64Array.from(all.subarray(row * length, (row + 1) * length)));
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
const cosine = (a: Float64Array, b: Float64Array): number => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));

const trained = network(2);
const start = network(3);

test('the cosine of two pictures is that of both networks, weighted by the shares; the trunk is computed once', async () => {
  const { model, shared } = besideStart(trained.model, start.model, { share: 0.8 }, trained.dimension);
  // Stem (3), two blocks of 7 nodes each.
  assert.ok(shared >= 15, `${shared}`);
  const convolutions = model.graph?.node.filter(({ opType }) => opType === 'Conv').length;
  assert.equal(convolutions, 5 + 2 * 15);
  const joined = await features(model);
  const own = await features(trained.model);
  const first = await features(start.model);
  for (const [a, b] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const) {
    const at = (rows: Float64Array[]): [Float64Array, Float64Array] =>
      [rows[a], rows[b]] as [Float64Array, Float64Array];
    const expected = 0.8 * cosine(...at(first)) + 0.2 * cosine(...at(own));
    assert.ok(Math.abs(dot(...at(joined)) - expected) < 1e-5);
  }
});

const unit = (row: ArrayLike<number>): Float64Array =>
  Float64Array.from(row, (value) => value / Math.sqrt(dot(row, row)));

test('familiar pictures get the other share, strange ones the first, and those between a part of both', async () => {
  const first = await features(start.model);
  const second = await features(trained.model);
  const means = new Float32Array(2 * start.dimension);
  const own = (first[0] as Float64Array).map(
    (value) => value / Math.sqrt(dot(first[0] ?? [], first[0] ?? [])),
  );
  means.set(own, start.dimension);
  means[0] = 1;
  const nearest = first.map((row) => Math.max((row[0] ?? 0) / Math.sqrt(dot(row, row)), cosine(row, own)));
  const low = Math.min(...nearest);
  const centres = {
    start: centreOf(first.map((row) => Float32Array.from(row))),
    trained: Float32Array.from(unit(second[0] ?? [])).map((value) => value / 2),
  };
  const familiar = { labels: 2, means, low, high: 1 - 1e-6, share: 0.5, centres };
  const { model } = besideStart(trained.model, start.model, { share: 0.8, familiar }, start.dimension);
  const centred = (row: ArrayLike<number> | undefined, centre: Float32Array): Float64Array =>
    unit(unit(row ?? []).map((value, i) => value - (centre[i] ?? 0)));
  for (const [at, row] of (await features(model)).entries()) {
    const part = row.subarray(0, start.dimension);
    assert.ok(cosine(part, centred(first[at], centres.start)) > 1 - 1e-5);
    assert.ok(cosine(row.subarray(start.dimension), centred(second[at], centres.trained)) > 1 - 1e-5);
    const known = Math.min(1, Math.max(0, ((nearest[at] ?? 0) - low) / (familiar.high - low)));
    assert.ok(Math.abs(dot(part, part) - (0.8 - 0.3 * known)) < 1e-4, `${at}: ${dot(part, part)}`);
    assert.ok(Math.abs(dot(row, row) - 1) < 1e-5);
  }
});
