import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { EmbeddingCache, readSides, readVectorFiles } from '../../src/eval/index.ts';
import { randomNumbers } from '../../src/random.ts';
import { writeSafetensors } from '../../src/weights/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-eval-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

/** A file of NumPy's format, version 1, as NumPy writes it: header padded to 64 bytes. */
function npy(descr: string, shape: string, data: ArrayBufferView, order = 'False'): Buffer {
  const literal = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }`;
  const header = `${literal.padEnd(64 * Math.ceil((literal.length + 11) / 64) - 11)}\n`;
  const start = Buffer.from('\x93NUMPY\x01\x00  ', 'latin1');
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([
    start,
    Buffer.from(header),
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  ]);
}

const numbers = Float32Array.from([1, 2, 3, 4, 5, 6]);

test('vectors are read from .npy and .safetensors, in the order of their ids', async () => {
  writeFileSync(at('v.npy'), npy('<f4', '3, 2', numbers));
  writeFileSync(at('v64.npy'), npy('<f8', '3, 2', Float64Array.from(numbers)));
  await writeSafetensors(
    at('v.safetensors'),
    new Map([['embeddings', { dims: [3, 2], dataType: 'float32', data: numbers }]]),
  );
  writeFileSync(at('l.txt'), 'red\r\ngreen\nblue\n');
  writeFileSync(at('i.txt'), 'c\na\nb\n');
  for (const name of ['v.npy', 'v64.npy', 'v.safetensors']) {
    const plain = await readVectorFiles({ vectors: at(name), labels: at('l.txt') });
    assert.deepEqual(
      [plain.ids, plain.labels, plain.dimension],
      [['0', '1', '2'], ['red', 'green', 'blue'], 2],
    );
    assert.deepEqual(plain.vectors, numbers);
    const sorted = await readVectorFiles({ vectors: at(name), labels: at('l.txt'), ids: at('i.txt') });
    assert.deepEqual(
      [sorted.ids, sorted.labels],
      [
        ['a', 'b', 'c'],
        ['green', 'blue', 'red'],
      ],
    );
    assert.deepEqual([...sorted.vectors], [3, 4, 5, 6, 1, 2]);
  }
});

const malformed: Readonly<Record<string, Buffer>> = {
  empty: Buffer.alloc(0),
  'no magic': Buffer.alloc(200),
  'cut off in the header': npy('<f4', '3, 2', numbers).subarray(0, 40),
  'cut off in the numbers': npy('<f4', '3, 2', numbers).subarray(0, -1),
  'of whole numbers': npy('<i8', '3, 2', numbers),
  'in Fortran order': npy('<f4', '3, 2', numbers, 'True'),
  'of one axis': npy('<f4', '6,', numbers),
  'with a giant shape': npy('<f4', '9007199254740991, 9007199254740991', numbers),
  'without rows': npy('<f4', '0, 2', new Float32Array(0)),
};
for (const [what, bytes] of Object.entries(malformed))
  test(`a .npy file is refused: ${what}`, async () => {
    writeFileSync(at('bad.npy'), bytes);
    writeFileSync(at('l.txt'), 'a\nb\nc\n');
    await assert.rejects(readVectorFiles({ vectors: at('bad.npy'), labels: at('l.txt') }), {
      code: 'source-invalid',
    });
  });

test('labels and ids must fit the vectors', async () => {
  writeFileSync(at('v.npy'), npy('<f4', '3, 2', numbers));
  for (const [labels, ids] of [
    ['a\nb\n', 'a\nb\nc'],
    ['a\n\nc\n', 'a\nb\nc'],
    ['a\nb\nc', 'a\nb\na'],
    ['a\nb\nc', 'a'],
  ]) {
    writeFileSync(at('l.txt'), labels ?? '');
    writeFileSync(at('i.txt'), ids ?? '');
    await assert.rejects(readVectorFiles({ vectors: at('v.npy'), labels: at('l.txt'), ids: at('i.txt') }), {
      code: 'source-invalid',
    });
  }
});

const hash = (n: number): string => n.toString(16).padStart(64, '0');
const vector = (n: number): Float32Array => Float32Array.from([n, n + 0.5, -n]);

test('the cache of embeddings survives a cut and a flipped byte: what is damaged is asked for again', () => {
  const root = at('cache');
  using first = new EmbeddingCache(root, 'model', 3);
  for (let n = 0; n < 20; n += 1) first.add(hash(n), vector(n));
  const [name = ''] = readdirSync(join(root, 'model'));
  const path = join(root, 'model', name);
  using whole = new EmbeddingCache(root, 'model', 3);
  assert.equal(whole.size, 20);
  assert.deepEqual(whole.get(hash(7)), vector(7));
  assert.equal(whole.get(hash(99)), undefined);
  truncateSync(path, 19 * 48 + 47);
  const bytes = readFileSync(path);
  bytes[5 * 48 + 40] = (bytes[5 * 48 + 40] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  using damaged = new EmbeddingCache(root, 'model', 3);
  const known = Array.from({ length: 20 }, (_, n) => damaged.get(hash(n)));
  assert.deepEqual(
    known.flatMap((found, n) => (found === undefined ? [n] : [])),
    [5, 19],
  );
  for (const [n, found] of known.entries()) if (found !== undefined) assert.deepEqual(found, vector(n));
  damaged.add(hash(5), vector(5));
  using mended = new EmbeddingCache(root, 'model', 3);
  assert.deepEqual(mended.get(hash(5)), vector(5));
  using other = new EmbeddingCache(root, 'another model', 3);
  assert.equal(other.size, 0);
});

test('a cache that cannot be made or written is no error, and says why', () => {
  writeFileSync(at('file'), '');
  using cache = new EmbeddingCache(at('file'), 'model', 3);
  assert.match(cache.problem ?? '', /cannot be used/);
  cache.add(hash(1), vector(1));
  assert.equal(cache.get(hash(1)), undefined);
});

/** A manifest of pictures that need not exist to be listed. */
function manifest(name: string, rows: readonly string[]): string {
  for (const [row] of rows.entries()) writeFileSync(at(`${row}.jpg`), '');
  writeFileSync(at(name), ['path,label,split', ...rows.map((row, n) => `${n}.jpg,${row}`)].join('\n'));
  return at(name);
}

test('sides follow the splits, and the protocol that is asked for', async () => {
  const both = manifest('both.csv', ['a,query', 'a,gallery', 'b,gallery', 'b,train']);
  const guessed = await readSides({ sources: [both] });
  assert.deepEqual(
    [guessed.protocol, guessed.queries.length, guessed.gallery?.length],
    ['query-gallery', 1, 2],
  );
  const none = manifest('none.csv', ['a,', 'a,', 'b,']);
  const self = await readSides({ sources: [none] });
  assert.deepEqual([self.protocol, self.queries.length, self.gallery], ['self', 3, null]);
  const test = await readSides({ sources: [manifest('test.csv', ['a,test', 'b,train', 'c,test'])] });
  assert.equal(test.queries.length, 2);
  const two = await readSides({ query: [none], gallery: [both, none] });
  assert.deepEqual([two.queries.length, two.gallery?.length], [3, 7]);
  assert.equal(new Set(two.gallery?.map(({ id }) => id)).size, 7);
});

test('requests that contradict themselves or their sources are refused', async () => {
  const none = manifest('none.csv', ['a,', 'a,']);
  const both = manifest('both.csv', ['a,query', 'a,gallery']);
  await assert.rejects(readSides({ sources: [none], protocol: 'query-gallery' }), { code: 'source-invalid' });
  await assert.rejects(readSides({ sources: [none], protocol: 'in-shop' }), { code: 'source-invalid' });
  await assert.rejects(readSides({ sources: [both], protocol: 'self' }), { code: 'source-invalid' });
  await assert.rejects(readSides({}), RangeError);
  await assert.rejects(readSides({ query: [none] }), RangeError);
  await assert.rejects(readSides({ sources: [none], query: [none], gallery: [none] }), RangeError);
  await assert.rejects(readSides({ query: [none], gallery: [none], protocol: 'sop' }), RangeError);
});

test('drawn vectors pass through a file unchanged', async () => {
  const random = randomNumbers(4);
  const data = Float32Array.from({ length: 40 * 7 }, () => random() - 0.5);
  writeFileSync(at('d.npy'), npy('<f4', '40, 7', data));
  writeFileSync(at('d.txt'), Array.from({ length: 40 }, (_, row) => `l${row % 3}`).join('\n'));
  assert.deepEqual((await readVectorFiles({ vectors: at('d.npy'), labels: at('d.txt') })).vectors, data);
});
