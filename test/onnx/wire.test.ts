import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { decodeModel } from '../../src/onnx/index.ts';
import { repositoryRoot } from '../support/repository.ts';

const { LengthDelimited, StartGroup, Varint, Bit32 } = WireType;
const version = Uint8Array.of(8, 8, 0x42, 2, 0x10, 17);

const wrap = (field: number, ...parts: readonly Uint8Array[]): Uint8Array =>
  new BinaryWriter().tag(field, LengthDelimited).bytes(Buffer.concat(parts)).finish();
const tag = (field: number, wireType: WireType, ...bytes: readonly number[]): Uint8Array =>
  Buffer.concat([new BinaryWriter().tag(field, wireType).finish(), Uint8Array.from(bytes)]);
const model = (...graph: readonly Uint8Array[]): Buffer => Buffer.concat([version, wrap(7, ...graph)]);

const refuses = (bytes: Uint8Array, says: RegExp): void =>
  assert.throws(
    () => decodeModel(bytes),
    (error: Error & { code?: string }) => error.code === 'onnx-invalid' && says.test(error.message),
  );

test('a graph is read', () => {
  assert.equal(decodeModel(model(wrap(2, Buffer.from('g')))).graph?.name, 'g');
});

// Another reader passes over a field of another kind; ours would take the bytes behind it for its text.
test('a text that is written as a number, behind which another reader sees other fields', () => {
  refuses(model(tag(2, Varint, 3), wrap(2, Buffer.from('g'))), /GraphProto.name has the wrong wire type/);
});

test('a number that is written as a text, a message as four bytes, a group', () => {
  refuses(Buffer.concat([version, tag(1, LengthDelimited, 1, 8), wrap(7)]), /ModelProto.ir_version/);
  refuses(model(tag(1, Bit32, 0, 0, 0, 0)), /GraphProto.node has the wrong/);
  refuses(model(tag(1000, StartGroup, 1)), /a group/);
});

test('a value that reaches past its message, or a message past its file', () => {
  refuses(model(tag(2, LengthDelimited, 5, 65)), /reaches past/);
  refuses(Buffer.concat([version, tag(7, LengthDelimited, 9)]), /reaches past/);
});

test('messages that would become more objects than any memory holds', () => {
  const nodes = Buffer.alloc(2 * 500_000, Uint8Array.of(0x0a, 0));
  refuses(model(nodes), /more than 400000 fields/);
});

test('packed numbers that would become 32 times as much', () => {
  const ints = wrap(8, Buffer.alloc(9 * 2 ** 20, 1));
  refuses(model(wrap(1, wrap(5, ints))), /more than 8388608 bytes besides the raw numbers/);
});

test('graphs within graphs', () => {
  let graph: Uint8Array = new Uint8Array();
  for (let depth = 0; depth < 12; depth += 1) graph = wrap(1, wrap(5, wrap(6, graph)));
  refuses(model(graph), /nested more than 32 deep/);
});

test('the models that ship are far from the bounds', () => {
  for (const name of ['snapshelf-lite', 'snapshelf-resnet50'])
    decodeModel(readFileSync(join(repositoryRoot, 'models', `${name}.onnx`)));
});
