// slow: takes seconds
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { findCache, sealOf } from '../../../src/datasets/cache/cache-file.ts';
import { readSource } from '../../../src/datasets/index.ts';
import { decodeMatlab, MatlabError } from '../../../src/datasets/sources/benchmarks/matlab.ts';
import { Values } from '../../../src/datasets/sources/rows.ts';
import { matFile, struct, text } from '../../support/matlab.ts';

const root = mkdtempSync(join(tmpdir(), 'snapshelf-hostile-source-'));
after(() => rmSync(root, { recursive: true }));
writeFileSync(join(root, 'a.jpg'), 'x');

async function refuses(name: string, content: string, says: RegExp): Promise<void> {
  const path = join(root, name);
  writeFileSync(path, content);
  await assert.rejects(readSource(path), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'source-invalid');
    assert.match(error.message, says);
    assert.ok(error.message.length < 2000, `${error.message.length} characters`);
    return true;
  });
}

const row = (more: string): string => `{"path":"a.jpg","label":"x"${more}}`;

test('a manifest that is read has what comes next in its lines', async () => {
  writeFileSync(join(root, 'good.jsonl'), row(`,"metadata":{"tags":[${'[],'.repeat(100)}0]}`));
  assert.equal((await readSource(join(root, 'good.jsonl'))).samples.length, 1);
});

test('JSON lines: too deep, too many values, too long', async () => {
  const deep = '['.repeat(1000);
  await refuses('deep.jsonl', row(`,"m":${deep}${']'.repeat(1000)}`), /more than 64 levels/);
  await refuses('deep-path.jsonl', `{"path":[[[1]]],"label":"x"}`, /path must be text/);
  await refuses('many.jsonl', row(`,"m":[${'0,'.repeat(11_000)}0]`), /more than 10000 values/);
  await refuses('long.jsonl', row(`,"m":"${'x'.repeat(200_000)}"`), /more than 131072 characters/);
  await refuses('long-name.jsonl', row(`,"split":"${'x'.repeat(100_000)}"`), /split must be/);
});

test('JSON lines: `__proto__` is a key like any other', async () => {
  writeFileSync(
    join(root, 'proto.jsonl'),
    row(',"__proto__":{"polluted":1},"metadata":{"__proto__":{"polluted":1}}'),
  );
  const { samples } = await readSource(join(root, 'proto.jsonl'));
  assert.deepEqual(Object.keys(samples[0]?.metadata ?? {}), ['__proto__']);
  assert.equal(Object.getPrototypeOf(samples[0]?.metadata), Object.prototype);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

test('CSV: too many columns, a record without end, deep metadata', async () => {
  const names = Array.from({ length: 1001 }, (_, at) => `c${at}`);
  await refuses('wide.csv', `path,label,${names}\n`, /line 1 has more than 1000 columns/);
  await refuses(
    'split.csv',
    `path,label\na.jpg,"x\ny"${',""'.repeat(2000)}\n`,
    /line 3 has more than 1000 columns/,
  );
  await refuses('open.csv', `path,label\n"${'a.jpg\n'.repeat(50_000)}`, /Max Record Size/);
  await refuses('deep.csv', `path,label,metadata\na.jpg,x,${'['.repeat(1000)}`, /more than 64 levels/);
  await refuses(
    'many.csv',
    `path,label,metadata\na.jpg,x,"[${'0,'.repeat(11_000)}0]"`,
    /more than 10000 values/,
  );
});

test('a manifest has a bounded number of values in all, however they are spread', () => {
  const values = new Values();
  for (let line = 0; line < 2000; line += 1) values.spend(10_000);
  assert.throws(() => values.spend(1), /more than 20000000 values in all/);
  assert.throws(() => values.parse('[]'), RangeError);
});

const element = (type: number, body: Buffer): Buffer => {
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(type, 0);
  tag.writeUInt32LE(body.length, 4);
  return Buffer.concat([tag, body, Buffer.alloc((8 - (body.length % 8)) % 8)]);
};
const int32 = (...values: readonly number[]): Buffer => Buffer.from(Int32Array.from(values).buffer);
const doubles = (...values: readonly number[]): Buffer => Buffer.from(Float64Array.from(values).buffer);
const header = matFile({}, false);
const matrix = (kind: number, dims: Buffer, ...content: readonly Buffer[]): Buffer =>
  element(14, Buffer.concat([element(6, int32(kind, 0)), dims, element(1, Buffer.from('v')), ...content]));
const file = (...matrices: readonly Buffer[]): Buffer => Buffer.concat([header, ...matrices]);

test('MAT-files: texts of numbers that are no characters', () => {
  for (const code of [Number.NaN, -1, 1.5, 0x110000, Number.POSITIVE_INFINITY])
    assert.throws(
      () => decodeMatlab(file(matrix(4, element(5, int32(1, 1)), element(9, doubles(code))))),
      MatlabError,
    );
  assert.throws(
    () => decodeMatlab(file(matrix(4, element(5, int32(1, 1)), element(4, Buffer.alloc(200_000))))),
    /A text is too long/,
  );
});

test('MAT-files: sizes that are no sizes, and elements that take no bytes', () => {
  for (const size of [Number.NaN, -1, 1e300, Number.POSITIVE_INFINITY])
    assert.throws(() => decodeMatlab(file(matrix(1, element(9, doubles(size, 1))))), MatlabError);
  // A structure without fields: its elements are made of nothing.
  const padding = element(1, Buffer.alloc(4_000_000));
  const empty = matrix(
    2,
    element(5, int32(1, 4_000_000)),
    element(5, int32(1)),
    element(1, Buffer.alloc(0)),
    padding,
  );
  assert.throws(() => decodeMatlab(file(empty)), /more than 2000000 values/);
});

test('MAT-files: many compressed elements share one bound', () => {
  const packed = element(
    15,
    deflateSync(Buffer.concat([matrix(6, element(5, int32(0, 0))), Buffer.alloc(30 * 2 ** 20)])),
  );
  decodeMatlab(file(packed.subarray(0, 8 + packed.readUInt32LE(4))));
  const one = packed.subarray(0, 8 + packed.readUInt32LE(4));
  assert.throws(() => decodeMatlab(file(one, one, one)), /damaged or too large/);
});

test('annotations of a class that is none', async () => {
  const folder = mkdtempSync(join(root, 'cars-'));
  const numbersOf = (value: number) => (name: string) =>
    element(
      14,
      Buffer.concat([
        element(6, int32(6, 0)),
        element(5, int32(1, 1)),
        element(1, Buffer.from(name)),
        element(9, doubles(value)),
      ]),
    );
  for (const number of [Number.NaN, 0, -5, 1.5, 1e300]) {
    const rows = [[text('a.jpg'), numbersOf(number)]];
    writeFileSync(
      join(folder, 'cars_annos.mat'),
      matFile({ annotations: struct(['relative_im_path', 'class'], rows) }, false),
    );
    await assert.rejects(readSource(folder), /annotation 1 has no relative_im_path or no class/);
  }
});

const goodIndex = {
  bytes: 12,
  offset: [0, 0],
  width: [2, 0],
  height: [2, 0],
  checksum: [1, 0],
  unreadable: [{ index: 1, reason: 'x' }],
};

async function cacheOf(index: object): Promise<unknown> {
  const path = join(root, 'pictures.cache');
  writeFileSync(path, Buffer.concat([Buffer.alloc(12), sealOf(index as Parameters<typeof sealOf>[0])]));
  return findCache(path, 2);
}

test('a picture cache with a seal of its own is used only where every picture lies in it', async () => {
  assert.ok(await cacheOf(goodIndex));
  const wrong: readonly object[] = [
    { width: [2 ** 32, 0] },
    { width: [2] },
    { width: [-2, 0] },
    { width: [2.5, 0] },
    { height: [3, 0] },
    { offset: [1, 0] },
    { offset: [-1, 0] },
    { offset: [2 ** 53, 0] },
    { checksum: [2 ** 32, 0] },
    { checksum: 'x' },
    { bytes: 2 ** 53 },
    { unreadable: [] },
    { unreadable: [{ index: 0, reason: 'x' }] },
    { unreadable: [{ index: 1 }] },
    { unreadable: [null] },
    { unreadable: null },
  ];
  for (const change of wrong)
    assert.equal(await cacheOf({ ...goodIndex, ...change }), undefined, JSON.stringify(change));
});

test('a picture cache whose index is sealed, but no index, is made anew', async () => {
  const path = join(root, 'text.cache');
  for (const content of ['{', 'null', '[]', '['.repeat(10_000), `[${'0,'.repeat(10_000)}0]`]) {
    const index = Buffer.from(content);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(index.length));
    const seal = createHash('sha256').update(index).digest();
    writeFileSync(path, Buffer.concat([index, seal, length, Buffer.from('SHELFPX1')]));
    assert.equal(await findCache(path, 2), undefined, content.slice(0, 20));
  }
});
