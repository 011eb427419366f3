import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  EmbeddingCache,
  type Evaluation,
  evaluate,
  parseEvaluation,
  readVectorFiles,
} from '../../src/eval/index.ts';
import { encodeRecord } from '../../src/eval/source/segment.ts';
import { writeSafetensors } from '../../src/weights/index.ts';
import { drawnVectors } from './support/drawn.ts';

const root = mkdtempSync(join(tmpdir(), 'snapshelf-hostile-eval-'));
after(() => rmSync(root, { recursive: true }));
const at = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(root, name), content);
  return join(root, name);
};

function npy(shape: string, data: Uint8Array, version = 1, length?: number): Buffer {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }\n`;
  const size = Buffer.alloc(version === 1 ? 2 : 4);
  size.writeUIntLE(length ?? header.length, 0, size.length);
  return Buffer.concat([
    Buffer.from(`\x93NUMPY${String.fromCharCode(version)}\0`, 'latin1'),
    size,
    Buffer.from(header),
    data,
  ]);
}
const floats = (...values: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const refuses = (vectors: string, labels: string, says: RegExp): Promise<void> =>
  assert.rejects(readVectorFiles({ vectors, labels }), (error: Error & { code?: string }) => {
    assert.match(error.code ?? '', /^(source|weights)-invalid$/);
    assert.match(error.message, says);
    return true;
  });

test('vectors that are no numbers are refused with their row', async () => {
  const labels = at('two.txt', 'a\nb\n');
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    await refuses(
      at('v.npy', npy('(2, 2)', floats(1, 2, 3, value))),
      labels,
      /row 1 \(from 0\) has (NaN|-?Infinity)/,
    );
    const path = join(root, 'v.safetensors');
    const data = Float32Array.of(1, value, 3, 4);
    await writeSafetensors(path, new Map([['embeddings', { dims: [2, 2], dataType: 'float32', data }]]));
    await refuses(path, labels, /row 0 \(from 0\)/);
  }
});

test('headers that lie about their length or the shape', async () => {
  const labels = at('one.txt', 'a\n');
  const one = floats(1);
  await refuses(
    at('v.npy', npy('(1, 1)', Buffer.alloc(70_000), 1, 65_535)),
    labels,
    /Fortran|should have|no matrix|cut off/,
  );
  await refuses(
    at('v.npy', npy('(1, 1)', Buffer.alloc(200_000), 2, 100_000)),
    labels,
    /a header of 100000 bytes/,
  );
  await refuses(at('v.npy', npy('(1, 1)', one, 2, 0xffffffff)), labels, /a header of/);
  for (const shape of [
    '(99999999999999999999, 1)',
    '(-1, -1)',
    '(4294967296, 4294967296)',
    '(1e9, 1)',
    '(2, 3)',
    '(1)',
  ])
    await refuses(at('v.npy', npy(shape, one)), labels, /no matrix|should have/);
  await refuses(at('v.npy', npy('(999999999999999, 0)', new Uint8Array())), labels, /has no vectors/);
});

test('more labels than vectors are not all read into a list', async () => {
  const vectors = at('v.npy', npy('(1, 1)', floats(1)));
  await refuses(vectors, at('many.txt', '\n'.repeat(2_000_000)), /has more labels than the 1 vectors/);
  await refuses(vectors, at('none.txt', ''), /has 0 labels for 1 vectors/);
});

test('an embedding whose checksum fits, but which is no vector, is embedded again', () => {
  mkdirSync(join(root, 'cache', 'model'), { recursive: true });
  const [good, bad] = ['aa'.repeat(32), 'bb'.repeat(32)];
  const records = [
    encodeRecord(good, Float32Array.of(1, 2)),
    encodeRecord(bad, Float32Array.of(1, Number.NaN)),
  ];
  writeFileSync(join(root, 'cache', 'model', 'x.embeddings'), Buffer.concat(records));
  using cache = new EmbeddingCache(join(root, 'cache'), 'model', 2);
  assert.deepEqual(cache.get(good), Float32Array.of(1, 2));
  assert.equal(cache.get(bad), undefined);
});

let report: Evaluation;
before(async () => {
  const subject = { protocol: 'self', queries: ['drawn'], gallery: null, model: null } as const;
  report = await evaluate(
    { queries: drawnVectors(30, 4, { seed: 1 }), subject },
    { ks: [1, 5], metrics: ['cosine'] },
  );
});

type Fields = { [key: string]: unknown };

/** Every place of a report where another value would mislead, and what is put there. */
const wrong: readonly [place: string, value: unknown][] = [
  ['formatVersion', 2],
  ['convention', 'another'],
  ['subject.protocol', '../../etc'],
  ['subject.queries', 'text'],
  ['seed', 1.5],
  ['dimension', 0],
  ['queries.labels', []],
  ['queries.ids', [1]],
  ['gallery', null],
  ['results', []],
  ['results.0.metric', '__proto__'],
  ['results.0.main.figures.0.mean', 2],
  ['results.0.main.figures.0.interval', [0]],
  ['results.0.tied', -1],
  ['results.0.histogram.edges', ['x']],
  ['results.0.perQuery.firstRelevant', []],
  ['results.0.perQuery.firstRelevant.0', -1],
  ['results.0.perQuery.figures', null],
  ['results.0.perQuery.figures.mrr', [0.5]],
  ['results.0.perQuery.figures.mrr.0', null],
  ['results.0.examples.0.neighbours', {}],
  ['circumstances.cores', 'many'],
];

function withValue(target: unknown, [key = '', ...rest]: readonly string[], value: unknown): unknown {
  const copy = (Array.isArray(target) ? [...target] : { ...(target as object) }) as Fields;
  copy[key] = rest.length === 0 ? value : withValue(copy[key], rest, value);
  return copy;
}

test('every part of a report is checked, and the error names it', () => {
  assert.deepEqual(parseEvaluation(JSON.stringify(report), 'it'), report);
  for (const [place, value] of wrong) {
    const text = JSON.stringify(withValue(report, place.split('.'), value));
    assert.throws(() => parseEvaluation(text, 'it'), { code: 'source-invalid' }, place);
  }
  const twice = { ...report, results: [...report.results, ...report.results] };
  assert.throws(() => parseEvaluation(JSON.stringify(twice), 'it'), { code: 'source-invalid' });
  const figures = Object.fromEntries(
    Array.from({ length: 300 }, (_, k) => [`recall@${k}`, report.queries.ids.map(() => 0)]),
  );
  const many = withValue(report, 'results.0.perQuery.figures'.split('.'), figures);
  assert.throws(() => parseEvaluation(JSON.stringify(many), 'it'), { code: 'source-invalid' });
});

test('a report nested beyond sense, or of more values than any', () => {
  assert.throws(() => parseEvaluation('['.repeat(1e6), 'it'), /more than 64 levels/);
  assert.throws(() => parseEvaluation(`[${'0,'.repeat(21e6)}0]`, 'it'), /more than 20000000 values/);
});

test('a list of a million wrong values is one complaint, not a million', () => {
  const million = new Array(1_000_000).fill([]);
  for (const place of [
    'results',
    'queries.ids',
    'results.0.perQuery.firstRelevant',
    'results.0.examples',
    'published',
  ]) {
    const text = JSON.stringify(withValue(report, place.split('.'), million));
    assert.throws(
      () => parseEvaluation(text, 'it'),
      (error: Error & { code?: string; cause?: { issues?: unknown[] } }) =>
        error.code === 'source-invalid' && (error.cause?.issues?.length ?? 0) < 10,
      place,
    );
  }
});
