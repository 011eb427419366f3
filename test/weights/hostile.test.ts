import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { SnapshelfError } from '../../src/errors.ts';
import { decodeWeights } from '../../src/weights/index.ts';
import { Budget, mostSteps } from '../../src/weights/pickle/budget.ts';
import { ByteReader } from '../../src/weights/pickle/byte-reader.ts';
import { unpickle } from '../../src/weights/pickle/unpickle.ts';
import { torchHost } from '../../src/weights/torch/globals.ts';
import { StorageTable } from '../../src/weights/torch/storage.ts';
import { fixture } from '../support/repository.ts';

const golden = (name: string): Buffer => readFileSync(fixture('weights', name));

/** Reads bytes that a stranger made: tensors or one of the two errors, nothing else. */
function survive(bytes: Uint8Array): string {
  try {
    for (const { tensors } of decodeWeights(bytes).sets)
      for (const { data } of tensors.values()) assert.ok(ArrayBuffer.isView(data));
    return 'read';
  } catch (error) {
    assert.ok(error instanceof SnapshelfError, String(error instanceof Error ? error.stack : error));
    assert.match(error.code, /^weights-(invalid|unsafe)$/);
    return error.code;
  } finally {
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  }
}

for (const file of ['zip.pth', 'legacy.pth', 'expected.safetensors']) {
  test(`${file}: cut off anywhere, it is refused`, () => {
    const bytes = golden(file);
    for (let length = 0; length < bytes.length; length += 7)
      assert.notEqual(survive(bytes.subarray(0, length)), 'read', `${length} bytes`);
  });

  test(`${file}: with any bytes changed, it is read or refused`, () => {
    const bytes = golden(file);
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const changed = Uint8Array.from(bytes);
        for (const [position, value] of changes) changed[position] = value;
        survive(changed);
      }),
      { numRuns: 1500 },
    );
  });
}

/** A legacy file with `program` in the place of the state dict; `data` follows the list of storage keys. */
function legacy(program: Buffer, keys: Buffer = Buffer.from(']'), data: Buffer = Buffer.alloc(0)): Buffer {
  const head = golden('legacy.pth').subarray(0, golden('legacy.pth').indexOf('ccollections'));
  const start = head.subarray(0, head.lastIndexOf(0x80));
  return Buffer.concat([start, program, Buffer.from('.'), keys, Buffer.from('.'), data]);
}
const text = (value: string): Buffer =>
  Buffer.concat([Buffer.from([0x8c, value.length]), Buffer.from(value)]);
const long = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(10);
  bytes.set([0x8a, 8]);
  bytes.writeBigInt64LE(value, 2);
  return bytes;
};
const tuple = (...values: readonly bigint[]): Buffer =>
  Buffer.concat([Buffer.from('('), ...values.map(long), Buffer.from('t')]);
const join = (...parts: readonly (Buffer | string)[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part)));
const storage = (length: bigint): Buffer =>
  join('(', text('storage'), 'ctorch\nFloatStorage\n', text('0'), text('cpu'), long(length), 'tQ');
const tensor = (length: bigint, offset: bigint, dims: Buffer, strides: Buffer): Buffer =>
  join('ctorch._utils\n_rebuild_tensor\n(', storage(length), long(offset), dims, strides, 'tR');
const dictOf = (key: Buffer, value: Buffer): Buffer => join('}', key, value, 's');
const withStorage = (value: Buffer): Buffer => {
  const length = Buffer.alloc(8);
  length.writeBigInt64LE(4n);
  return legacy(dictOf(text('weight'), value), join(']', text('0'), 'a'), join(length, Buffer.alloc(16)));
};

test('a well-formed file made by the same means is read', () => {
  assert.equal(survive(withStorage(tensor(4n, 0n, tuple(2n, 2n), tuple(2n, 1n)))), 'read');
});

const repeat = (program: string | Buffer, times: number): Buffer =>
  Buffer.alloc(times * program.length, program);
const pair = Buffer.from([0x4e, 0x4e, 0x86]);
const orderedDictOfMemo = join('ccollections\nOrderedDict\nh\0', Buffer.from([0x85]), 'R');
const hostile: Readonly<Record<string, [Buffer, string]>> = {
  'a tower of 900,000 tuples': [legacy(join('N', Buffer.alloc(900_000, 0x85))), 'weights-invalid'],
  'a tower of 450,000 lists': [legacy(join(repeat(']', 450_000), repeat('a', 449_999))), 'weights-invalid'],
  'more steps than any network takes': [legacy(repeat('N', 2_000_000)), 'weights-invalid'],
  'a memo filled to the brim': [legacy(join('N', Buffer.alloc(2_000_000, 0x94))), 'weights-invalid'],
  'a long list made into a dict again and again': [
    legacy(join('](', repeat(pair, 50_000), 'eq\0', repeat(join('0', orderedDictOfMemo), 5000))),
    'weights-invalid',
  ],
  'a list that holds itself': [legacy(join(']q\x00h\x00a')), 'weights-invalid'],
  'a dict that holds itself': [legacy(join('}q\x00', text('state_dict'), 'h\x00s')), 'weights-invalid'],
  'the key __proto__': [
    legacy(dictOf(text('__proto__'), dictOf(text('polluted'), Buffer.from('N')))),
    'weights-invalid',
  ],
  'a whole number of 4 GB': [legacy(Buffer.from('8bffffffff', 'hex')), 'weights-invalid'],
  'text longer than the file': [legacy(Buffer.from('8dffffffffffffffff', 'hex')), 'weights-invalid'],
  'an empty stack': [legacy(Buffer.from('0')), 'weights-invalid'],
  'a value taken from below a mark': [legacy(Buffer.from('N(0')), 'weights-invalid'],
  'a mark that was never set': [legacy(Buffer.from('t')), 'weights-invalid'],
  'a value never kept': [legacy(Buffer.from('h\x07')), 'weights-invalid'],
  'a key without a value': [legacy(Buffer.from('(Nd')), 'weights-invalid'],
  'a call of a number': [legacy(Buffer.from('K\x01)R')), 'weights-invalid'],
  'a call with no tuple': [legacy(Buffer.from('ccollections\nOrderedDict\nK\x01R')), 'weights-invalid'],
  'a foreign object alone': [
    legacy(join('cposix\nsystem\n', text('true'), Buffer.from([0x85]), 'R')),
    'weights-unsafe',
  ],
  'foreign objects without end': [legacy(repeat('cposix\nsystem\n)R', 400_000)), 'weights-invalid'],
  'a set filled without end': [
    legacy(join(Buffer.from([0x8f]), repeat(Buffer.from([0x28, 0x4e, 0x90]), 400_000))),
    'weights-invalid',
  ],
  'a dict in a dict, a hundred thousand deep': [
    legacy(join(repeat(join('}', text('a')), 100_000), '}', repeat('s', 100_000))),
    'weights-invalid',
  ],
  'an addition to a set that is a list': [legacy(Buffer.from([0x5d, 0x28, 0x4e, 0x90])), 'weights-invalid'],
  'an instance of nothing': [legacy(Buffer.from([0x28, 0x6f])), 'weights-unsafe'],
  'a registered class': [legacy(Buffer.from([0x82, 0x01])), 'weights-unsafe'],
  'memory of another program': [legacy(Buffer.from([0x97])), 'weights-unsafe'],
  'a tensor over a foreign storage': [
    legacy(dictOf(text('w'), join('ctorch._utils\n_rebuild_tensor\n(cmine\nStorage\nK\x00))tR'))),
    'weights-unsafe',
  ],
  'attributes of a list': [legacy(Buffer.from(']}b')), 'weights-invalid'],
  'an item of a list': [legacy(Buffer.from(']NNs')), 'weights-invalid'],
  'something appended to a dict': [legacy(Buffer.from('}Na')), 'weights-invalid'],
  'an instance': [legacy(join('ccollections\nOrderedDict\n)', Buffer.from([0x81]))), 'weights-unsafe'],
  'an old-style instance': [legacy(Buffer.from('(ios\nsystem\n')), 'weights-unsafe'],
  'a global by stack': [legacy(join(text('builtins'), text('eval'), Buffer.from([0x93]))), 'weights-unsafe'],
  'a global named like a method of objects': [
    legacy(Buffer.from('c__proto__\nconstructor\n')),
    'weights-unsafe',
  ],
  'a storage from bytes': [legacy(Buffer.from('ctorch.storage\n_load_from_bytes\n')), 'weights-unsafe'],
  'a persistent id that is a number': [legacy(Buffer.from('K\x01Q')), 'weights-invalid'],
  'a storage that is missing': [
    legacy(dictOf(text('w'), tensor(4n, 0n, tuple(4n), tuple(1n)))),
    'weights-invalid',
  ],
  'a storage of negative length': [withStorage(tensor(-4n, 0n, tuple(4n), tuple(1n))), 'weights-invalid'],
  'a storage longer than the file': [
    withStorage(tensor(2n ** 62n, 0n, tuple(4n), tuple(1n))),
    'weights-invalid',
  ],
  'a negative size': [withStorage(tensor(4n, 0n, tuple(-4n), tuple(1n))), 'weights-invalid'],
  'a negative stride': [withStorage(tensor(4n, 3n, tuple(4n), tuple(-1n))), 'weights-invalid'],
  'a negative offset': [withStorage(tensor(4n, -1n, tuple(4n), tuple(1n))), 'weights-invalid'],
  'a view that leaves its storage': [withStorage(tensor(4n, 1n, tuple(4n), tuple(1n))), 'weights-invalid'],
  'a stride that leaves its storage': [
    withStorage(tensor(4n, 0n, tuple(2n), tuple(2n ** 62n))),
    'weights-invalid',
  ],
  'sizes whose product overflows': [
    withStorage(tensor(4n, 0n, tuple(2n ** 40n, 2n ** 40n), tuple(0n, 0n))),
    'weights-invalid',
  ],
  'one element repeated 2^40 times': [
    withStorage(tensor(4n, 0n, tuple(2n ** 40n), tuple(0n))),
    'weights-invalid',
  ],
  'a view without strides': [withStorage(tensor(4n, 0n, tuple(2n, 2n), tuple(1n))), 'weights-invalid'],
  'no state dict': [legacy(Buffer.from('K\x07')), 'weights-invalid'],
  'a state dict with a number': [legacy(dictOf(text('epoch'), Buffer.from('K\x07'))), 'weights-invalid'],
};
for (const [what, [bytes, code]] of Object.entries(hostile))
  test(`refused: ${what}`, () => assert.equal(survive(bytes), code));

/** Files that ask for more steps than are left are refused as soon as they do: their work is counted, not timed. */
const endless = [
  'more steps than any network takes',
  'a memo filled to the brim',
  'a long list made into a dict again and again',
];
for (const what of endless)
  test(`stopped by the budget of steps: ${what}`, () => {
    assert.throws(() => decodeWeights(hostile[what]?.[0] ?? assert.fail()), /far longer than any list/);
  });

test('the budget is spent after as many steps as it has', () => {
  const budget = new Budget();
  budget.spend(mostSteps);
  assert.throws(() => budget.spend(1), { code: 'weights-invalid' });
  assert.ok(mostSteps <= 1_000_000);
});

test('a pickle spends a step for each opcode, and a dict one more for each of its items', () => {
  const spent: number[] = [];
  const budget = Object.assign(new Budget(), { spend: (steps: number) => spent.push(steps) });
  const program = join('](', repeat(pair, 3), 'e', Buffer.from([0x71, 0]), '0', orderedDictOfMemo, '.');
  unpickle(new ByteReader(program), torchHost(new StorageTable(), budget));
  assert.equal(
    spent.reduce((sum, steps) => sum + steps, 0),
    19 + 3,
  );
});

/** Changes the first central directory record, whose fields the format fixes. */
function withDirectory(change: (record: Buffer, archive: Buffer) => void): Buffer {
  const archive = Buffer.from(golden('zip.pth'));
  change(archive.subarray(archive.indexOf('PK\x01\x02', 0, 'latin1')), archive);
  return archive;
}
const hostileZips: Readonly<Record<string, Buffer>> = {
  'a compressed entry': withDirectory((record) => record.writeUInt16LE(8, 10)),
  'an entry that unfolds': withDirectory((record) => record.writeUInt32LE(0x7fffffff, 24)),
  'an entry larger than the archive': withDirectory((record) => {
    record.writeUInt32LE(0x7fffffff, 20);
    record.writeUInt32LE(0x7fffffff, 24);
  }),
  'entries without end': withDirectory((_, archive) => {
    const end = archive.lastIndexOf('PK\x06\x06', -1, 'latin1');
    if (end >= 0) archive.writeUInt32LE(0xffffffff, end + 32);
    archive.writeUInt16LE(0xffff, archive.lastIndexOf('PK\x05\x06', -1, 'latin1') + 8);
  }),
  'no data.pkl': Buffer.from(
    golden('zip.pth').toString('latin1').replaceAll('data.pkl', 'gone.pkl'),
    'latin1',
  ),
  'another byte order': Buffer.from(
    golden('zip.pth').toString('latin1').replace('little', 'biggie'),
    'latin1',
  ),
};
for (const [what, bytes] of Object.entries(hostileZips))
  test(`a zip is refused: ${what}`, () => assert.equal(survive(bytes), 'weights-invalid'));
