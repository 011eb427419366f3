import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readVectorFiles, VectorFileWriter } from '../../../src/eval/index.ts';
import { randomNumbers } from '../../../src/random.ts';
import { writeSafetensors } from '../../../src/weights/index.ts';

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

test('labels and ids are UTF-8, of one spelling and without blanks at their ends', async () => {
  writeFileSync(at('v.npy'), npy('<f4', '3, 2', numbers));
  const read = (labels: string | Uint8Array, ids: string | Uint8Array) => {
    writeFileSync(at('l.txt'), labels);
    writeFileSync(at('i.txt'), ids);
    return readVectorFiles({ vectors: at('v.npy'), labels: at('l.txt'), ids: at('i.txt') });
  };
  const { labels, ids, notes } = await read(
    '\ufeffcafe\u0301\r\ncaf\u00e9 \r\n\u00a0caf\u00e9\r\n',
    'a\nb\n c',
  );
  assert.deepEqual([...labels], ['caf\u00e9', 'caf\u00e9', 'caf\u00e9']);
  assert.deepEqual([...ids], ['a', 'b', 'c']);
  assert.match(notes.join(), /ends of 3 texts, the first .*l\.txt, line 2: "caf\u00e9 "/);
  assert.deepEqual((await read('a\nb\nc', 'a\nb\nc')).notes, []);
  const refused: readonly [string | Uint8Array, string | Uint8Array, RegExp][] = [
    ['a\nb\nc', 'a\nb\na ', /i\.txt names a row twice: "a" is in line 1 and in line 3/],
    ['a\nb\nc', 'cafe\u0301\nb\ncaf\u00e9', /names a row twice/],
    ['a\n \nc', 'a\nb\nc', /l\.txt, line 2 is empty/],
    ['a\nb\0\nc', 'a\nb\nc', /l\.txt, line 2 has control characters/],
    ['a\nb\nc', Buffer.from('a\nb\n\u00e9', 'latin1'), /i\.txt, line 3 is not UTF-8/],
    [Buffer.from('\ufeffa\nb\nc', 'utf16le'), 'a\nb\nc', /l\.txt is UTF-16 text/],
  ];
  for (const [wrong, names, message] of refused) await assert.rejects(read(wrong, names), { message });
});

test('drawn vectors pass through a file unchanged', async () => {
  const random = randomNumbers(4);
  const data = Float32Array.from({ length: 40 * 7 }, () => random() - 0.5);
  writeFileSync(at('d.npy'), npy('<f4', '40, 7', data));
  writeFileSync(at('d.txt'), Array.from({ length: 40 }, (_, row) => `l${row % 3}`).join('\n'));
  assert.deepEqual((await readVectorFiles({ vectors: at('d.npy'), labels: at('d.txt') })).vectors, data);
});

test('what the writer writes is read back, and nothing appears before it is finished', async () => {
  writeFileSync(at('w.txt'), 'a\nb\n');
  for (const name of ['w.npy', 'w.safetensors']) {
    const writer = await VectorFileWriter.create(at(name));
    await writer.append(Float32Array.of(1, 2, 3));
    await writer.append(Float32Array.of(-1, 0.5, 1e-30));
    assert.throws(() => readFileSync(at(name)), { code: 'ENOENT' });
    await writer.finish();
    const { vectors, dimension } = await readVectorFiles({ vectors: at(name), labels: at('w.txt') });
    assert.deepEqual([...vectors, dimension], [...Float32Array.of(1, 2, 3, -1, 0.5, 1e-30), 3]);
  }
  const discarded = await VectorFileWriter.create(at('gone.npy'));
  await discarded.discard();
  assert.ok(!readdirSync(folder).some((name) => name.startsWith('gone')));
  await assert.rejects(VectorFileWriter.create(at('w.txt')), RangeError);
});
