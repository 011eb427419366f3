import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readVectorFiles } from '../../../src/eval/index.ts';
import { writeSafetensors } from '../../../src/weights/index.ts';

const root = mkdtempSync(join(tmpdir(), 'snapshelf-hostile-vectors-'));
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
  await refuses(vectors, at('none.txt', ''), /has 0 labels for 1 vector\./);
});
