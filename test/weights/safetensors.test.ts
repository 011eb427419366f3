import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import {
  decodeSafetensors,
  readSafetensors,
  readWeights,
  type WeightTensor,
  writeSafetensors,
} from '../../src/weights/index.ts';
import { fixture } from '../support/repository.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snapshelf-weights-'));
});
after(() => rm(folder, { recursive: true }));

const tensor = fc.oneof(
  fc.float32Array({ maxLength: 9 }).map(
    (data): WeightTensor => ({
      dims: [data.length],
      dataType: 'float32',
      data: new Float32Array(data),
    }),
  ),
  fc.bigInt64Array({ maxLength: 9 }).map(
    (data): WeightTensor => ({
      dims: [1, data.length],
      dataType: 'int64',
      data: new BigInt64Array(data),
    }),
  ),
  fc.uint8Array({ minLength: 1, maxLength: 1 }).map(
    (data): WeightTensor => ({
      dims: [],
      dataType: 'uint8',
      data: new Uint8Array(data),
    }),
  ),
);
const names = fc.string({ unit: 'binary', maxLength: 12 }).filter((name) => name !== '__metadata__');

test('what is written is read again, in whatever order it was given, under whatever name', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.oneof(names, fc.constant('__proto__')), tensor), { maxLength: 6 }),
      fc.dictionary(names, fc.string()),
      async (entries, metadata) => {
        const path = join(folder, 'round-trip.safetensors');
        const tensors = new Map(entries);
        await writeSafetensors(path, tensors, metadata);
        const read = await readSafetensors(path);
        assert.deepEqual(new Map(read.tensors), tensors);
        assert.deepEqual(read.metadata, new Map(Object.entries(metadata)));
        const bytes = await readFile(path);
        await writeSafetensors(path, new Map(entries.toReversed()), metadata);
        if (tensors.size === entries.length) assert.deepEqual(await readFile(path), bytes);
      },
    ),
    { numRuns: 60 },
  ));

test('the bytes are those of the reference implementation', async () => {
  const golden = fixture('weights', 'checkpoint.safetensors');
  const path = join(folder, 'again.safetensors');
  const { tensors } = await readSafetensors(golden);
  await writeSafetensors(path, tensors);
  assert.deepEqual(await readFile(path), await readFile(golden));
});

test('a write that fails leaves the old file and nothing beside it', async () => {
  const path = join(folder, 'sub', 'kept.safetensors');
  const weight: WeightTensor = { dims: [1], dataType: 'float32', data: new Float32Array([1]) };
  await writeSafetensors(path, new Map([['weight', weight]]));
  await assert.rejects(writeSafetensors(path, new Map([['__metadata__', weight]])), TypeError);
  assert.deepEqual(await readdir(join(folder, 'sub')), ['kept.safetensors']);
  assert.ok((await readSafetensors(path)).tensors.has('weight'));
});

function fileOf(header: unknown, dataLength: number): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataLength)]);
}
const entry = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

const damaged: Readonly<Record<string, Uint8Array>> = {
  'no bytes': new Uint8Array(0),
  'a header length beyond the file': Buffer.from('ffffffffffffff7f7b7d', 'hex'),
  'a header that is not JSON': fileOf('{"a":', 0),
  'a header nested without end': fileOf('{"a":'.repeat(100_000), 0),
  'a header that is a list': fileOf('[]', 0),
  'a tensor that is a number': fileOf({ a: 1 }, 0),
  'an unknown type': fileOf({ a: entry(0, 4, [1], 'F8_E4M3') }, 4),
  'a type named like a method': fileOf({ a: entry(0, 4, [1], 'constructor') }, 4),
  'a negative size': fileOf({ a: entry(0, 4, [-1]) }, 4),
  'sizes whose product overflows': fileOf({ a: entry(0, 4, [2 ** 40, 2 ** 40]) }, 4),
  'a shape of text': fileOf({ a: entry(0, 4, ['1']) }, 4),
  'offsets backwards': fileOf({ a: entry(4, 0, [1]) }, 4),
  'offsets beyond the file': fileOf({ a: entry(0, 8) }, 4),
  'tensors that overlap': fileOf({ a: entry(0, 8), b: entry(4, 12) }, 12),
  'a gap between tensors': fileOf({ a: entry(0, 4), b: entry(8, 12) }, 12),
  'bytes left over': fileOf({ a: entry(0, 4) }, 8),
  'a shape that contradicts the offsets': fileOf({ a: entry(0, 8, [3]) }, 8),
  'metadata that is not text': fileOf({ __metadata__: { a: 1 } }, 0),
};
for (const [what, bytes] of Object.entries(damaged))
  test(`refused: ${what}`, () =>
    assert.throws(() => decodeSafetensors(bytes), { name: 'SnapshelfError', code: 'weights-invalid' }));

test('a missing, an empty and a foreign file are weights-invalid', async () => {
  await writeFile(join(folder, 'empty.pth'), '');
  await writeFile(join(folder, 'text.pth'), 'these are not weights');
  for (const name of ['missing.pth', 'empty.pth', 'text.pth', '.'])
    await assert.rejects(readWeights(join(folder, name)), { code: 'weights-invalid' });
});

test('a file of more than 95 MB, in which begin times end is no safe integer', () => {
  const size = 95_000_000;
  const { tensors } = decodeSafetensors(
    fileOf(
      { a: { dtype: 'U8', shape: [size], data_offsets: [0, size] }, b: entry(size, size + 4) },
      size + 4,
    ),
  );
  assert.deepEqual(tensors.get('b')?.dims, [1]);
});
