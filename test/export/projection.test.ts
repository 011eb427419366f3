// slow: takes several seconds
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { exportModel } from '../../src/export/index.ts';
import { probeImages } from '../../src/export/probe-images.ts';
import { symmetricEigen } from '../../src/export/projection/eigen.ts';
import { fitProjection, project, shortened } from '../../src/export/projection/fit.ts';
import { secondMoments } from '../../src/export/projection/moments.ts';
import { recallByLength } from '../../src/export/projection/recall-by-length.ts';
import { decodeModel, tensorData } from '../../src/onnx/index.ts';
import { randomNumbers } from '../../src/random.ts';
import { Session } from '../../src/runtime/index.ts';
import { cosine, maxAbsDifference } from '../support/compare.ts';
import { goldenNetwork } from '../support/golden-network.ts';
import { writeShapes } from '../support/shapes.ts';

const dotOf = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * (b[i] ?? Number.NaN), 0);

/** A symmetric matrix, some of whose rows repeat or are zero, so that eigenvalues meet. */
const symmetric = fc.integer({ min: 1, max: 9 }).chain((n) =>
  fc
    .array(fc.oneof(fc.constant(0), fc.integer({ min: -4, max: 4 })), { minLength: n * n, maxLength: n * n })
    .map((numbers) => {
      const matrix = Float64Array.from({ length: n * n }, (_, i) => {
        const [row, column] = [Math.floor(i / n), i % n];
        return numbers[Math.min(row, column) * n + Math.max(row, column)] ?? 0;
      });
      return { n, matrix };
    }),
);

test('eigenvectors are orthonormal and are only stretched, by values that fall', () => {
  fc.assert(
    fc.property(symmetric, ({ n, matrix }) => {
      const { values, vectors } = symmetricEigen(Float64Array.from(matrix), n);
      const vector = (i: number): Float64Array => vectors.subarray(i * n, (i + 1) * n);
      for (let i = 0; i < n; i += 1) {
        assert.ok(i === 0 || (values[i] ?? 0) <= (values[i - 1] ?? 0));
        for (let j = 0; j < n; j += 1) {
          assert.ok(Math.abs(dotOf(vector(i), vector(j)) - Number(i === j)) < 1e-9);
          const stretched = dotOf(matrix.subarray(j * n, (j + 1) * n), vector(i));
          assert.ok(Math.abs(stretched - (values[i] ?? 0) * (vector(i)[j] ?? 0)) < 1e-9);
        }
      }
    }),
  );
});

/** Rows of correlated numbers around a mean. */
function randomRows(count: number, width: number): Float32Array[] {
  const random = randomNumbers(3);
  const mix = Array.from({ length: width * width }, () => random() - 0.5);
  return Array.from({ length: count }, () => {
    const own = Array.from({ length: width }, (_, i) => (random() - 0.5) * 2 ** -i);
    return Float32Array.from(
      { length: width },
      (_, i) => 0.3 + dotOf(mix.slice(i * width, (i + 1) * width), own),
    );
  });
}

test('second moments are those of the definition', () => {
  const rows = randomRows(21, 5);
  const centre = Float64Array.of(0, 0.1, 0.2, 0.3, 0.4);
  const actual = secondMoments(rows, centre);
  for (let i = 0; i < 5; i += 1)
    for (let j = 0; j < 5; j += 1) {
      const of = (row: Float32Array, at: number): number => (row[at] ?? 0) - (centre[at] ?? 0);
      const expected = rows.reduce((sum, row) => sum + of(row, i) * of(row, j), 0) / rows.length;
      assert.ok(Math.abs((actual[5 * i + j] ?? 0) - expected) < 1e-9);
    }
  const bad = [...rows, Float32Array.of(1, 2, Number.NaN, 4, 5)];
  assert.throws(() => secondMoments(bad, centre), { code: 'export-self-check-failed' });
});

test('all components keep every length and angle; fewer keep as much as any projection can', () => {
  const rows = randomRows(60, 8);
  const whole = fitProjection(rows, false);
  const turned = project(whole, rows);
  for (const [i, a] of rows.entries())
    for (const [j, b] of rows.entries())
      assert.ok(Math.abs(dotOf(a, b) - dotOf(turned[i] ?? [], turned[j] ?? [])) < 1e-5);
  assert.ok(Math.abs((whole.kept.at(-1) ?? 0) - 1) < 1e-12);
  const squares = (some: readonly Float32Array[]): number =>
    some.reduce((sum, row) => sum + dotOf(row, row), 0);
  for (let dimension = 1; dimension < 8; dimension += 1) {
    const share = squares(project(shortened(whole, dimension), rows)) / squares(rows);
    assert.ok(Math.abs(share - (whole.kept[dimension - 1] ?? 0)) < 1e-6);
    // Any of the network's own numbers, as many, keep less.
    const own = squares(rows.map((row) => row.slice(0, dimension))) / squares(rows);
    assert.ok(share >= own);
  }
});

test('whitened components have mean 0 and variance 1 and nothing in common', () => {
  const rows = randomRows(400, 6);
  const white = project(fitProjection(rows, true), rows);
  for (let i = 0; i < 6; i += 1) {
    const mean = white.reduce((sum, row) => sum + (row[i] ?? 0), 0) / white.length;
    assert.ok(Math.abs(mean) < 1e-3, `${mean}`);
    for (let j = 0; j < 6; j += 1) {
      const product = white.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0) / white.length;
      assert.ok(Math.abs(product - Number(i === j)) < 1e-2, `${i} ${j} ${product}`);
    }
  }
});

test('recall by length is that of a plain search with cut features', async () => {
  const random = randomNumbers(9);
  const some = (count: number) => ({
    rows: Array.from({ length: count }, () => Float32Array.from({ length: 12 }, () => random() - 0.5)),
    paths: Array.from({ length: count }, (_, i) => String(i).padStart(2, '0')),
    labels: Array.from({ length: count }, (_, i) =>
      i === 0 ? 'alone' : `label ${Math.floor(3 * random())}`,
    ),
  });
  const [gallery, queries] = [some(30), some(20)];
  gallery.labels[0] = 'label 1';
  const lengths = [1, 5, 12];
  const expected = lengths.map((length) => {
    const cut = (row: Float32Array): Float32Array => row.subarray(0, length);
    const asked = queries.rows.slice(1);
    const right = asked.filter((query, at) => {
      const similarities = gallery.rows.map((row) => cosine(cut(query), cut(row)));
      const best = similarities.indexOf(Math.max(...similarities));
      return gallery.labels[best] === queries.labels[at + 1];
    });
    return right.length / asked.length;
  });
  assert.deepEqual(await recallByLength(gallery, queries, lengths), expected);
  const strangers = { ...queries, labels: queries.rows.map(() => 'unknown') };
  assert.deepEqual(await recallByLength(gallery, strangers, [12]), [Number.NaN]);
});

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-projection-'));
let pictures: { path: string; label: string }[] = [];
before(async () => {
  await writeShapes(join(folder, 'photos'), 4, 1);
  pictures = readdirSync(join(folder, 'photos'), { recursive: true })
    .map((name) => join(folder, 'photos', String(name)))
    .filter((path) => path.endsWith('.png'))
    .sort()
    .map((path) => ({ path, label: dirname(path) }));
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function featuresOf(file: string): Promise<Float32Array[]> {
  const { data } = probeImages(4, 64, 64);
  await using session = await Session.open(file, { provider: 'cpu', threads: 1 });
  const feature = (await session.run({ image: { type: 'uint8', dims: [4, 64, 64, 3], data } }))['embedding'];
  assert.ok(feature);
  const width = feature.dims[1] ?? 0;
  const data32 = feature.data as Float32Array;
  return [0, 1, 2, 3].map((i) => data32.slice(i * width, (i + 1) * width));
}

for (const whiten of [false, true]) {
  test(`a model with a ${whiten ? 'whitened ' : ''}projection gives the projected feature`, async () => {
    const [long, short] = [join(folder, 'long.onnx'), join(folder, `short-${whiten}.onnx`)];
    const network = goldenNetwork('resnet50');
    await exportModel({ ...network, out: long });
    const projection = { dimension: 8, pictures, whiten };
    const { model, projection: report } = await exportModel({ ...network, out: short, projection });
    assert.ok(report);
    assert.equal(model.metadata.dimension, 8);
    assert.deepEqual(model.metadata.projection, JSON.parse(JSON.stringify(report)));
    assert.deepEqual(
      [report.dimension, report.pictures + report.queries, report.whitened],
      [8, pictures.length, whiten],
    );
    assert.deepEqual(
      report.recall.map(({ dimension }) => dimension),
      [8, report.from],
    );
    assert.ok(report.recall.every(({ recall }) => recall >= 0 && recall <= 1) && report.kept <= 1);
    const constants = decodeModel(readFileSync(short)).graph?.initializer ?? [];
    const [weight, bias] = ['weight', 'bias'].map((name) => {
      const found = constants.find((tensor) => tensor.name === `projection.${name}`);
      assert.ok(found);
      return tensorData(found) as Float32Array;
    }) as [Float32Array, Float32Array];
    const [full, projected] = [await featuresOf(long), await featuresOf(short)];
    for (const [at, feature] of full.entries()) {
      const expected = [...bias].map(
        (offset, out) => offset + dotOf(feature, weight.slice(out * report.from)),
      );
      const scale = Math.hypot(...expected);
      for (const [i, value] of expected.entries())
        assert.ok(Math.abs(value - (projected[at]?.[i] ?? Number.NaN)) < 1e-3 * scale, `${value}`);
    }
  });
}

test('projection and int8 go together, and the same pictures give the same numbers', async () => {
  const network = goldenNetwork('resnet50');
  const projection = { dimension: 8, pictures };
  const int8 = { pictures: pictures.map(({ path }) => path) };
  const files = ['once', 'twice'].map((name) => join(folder, `${name}.onnx`));
  for (const out of files) await exportModel({ ...network, out, projection, int8 });
  const [once = [], twice = []] = await Promise.all(files.map(featuresOf));
  assert.deepEqual(once, twice);
  const float = await featuresOf(join(folder, 'short-false.onnx'));
  assert.ok(float.every((row, i) => cosine(row, once[i] ?? []) > 0.99));
  assert.ok(maxAbsDifference(float[0] ?? [], once[0] ?? []) > 0);
});

test('pictures in the order of ten labels still have queries, whose own recall does not depend on whitening', async () => {
  const ten = pictures.filter(
    ({ label }) => [...new Set(pictures.map((each) => each.label))].indexOf(label) < 10,
  );
  const turns = [0, 1, 2, 3].flatMap((turn) => ten.filter((_, at) => at % 4 === turn));
  const out = join(folder, 'ten.onnx');
  const reports = [];
  for (const whiten of [false, true]) {
    const projection = { dimension: 8, pictures: turns, whiten };
    reports.push((await exportModel({ ...goldenNetwork('resnet50'), out, projection })).projection);
  }
  const [plain, white] = reports.map((report) => report?.recall.at(-1));
  assert.ok(plain !== undefined);
  assert.deepEqual(plain, white);
});

test('a dimension that is none and too few pictures leave no file behind', async () => {
  const out = join(folder, 'none.onnx');
  const attempt = (dimension: number, some = pictures) =>
    exportModel({ ...goldenNetwork('resnet50'), out, projection: { dimension, pictures: some } });
  for (const dimension of [0, 1.5, 1e9, Number.NaN]) await assert.rejects(attempt(dimension), RangeError);
  await assert.rejects(attempt(8, pictures.slice(0, 8)), /pictures must have at least 12 files/);
  const missing = pictures.map(({ label }, i) => ({ label, path: join(folder, `missing-${i}.png`) }));
  await assert.rejects(attempt(8, [...missing, ...pictures.slice(0, 9)]), { code: 'source-invalid' });
  assert.equal(existsSync(out), false);
});
