import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { InferenceSession } from 'onnxruntime-node';
import { SnapshelfError } from '../../src/errors.ts';
import {
  decodeModel,
  dimsOf,
  encodeModel,
  makeGraph,
  makeModel,
  makeNode,
  makeTensor,
  makeValueInfo,
  printModel,
  setProperty,
  tensorData,
} from '../../src/onnx/index.ts';
import { fixture } from '../support/repository.ts';

const file = (name: string): Buffer => readFileSync(fixture('onnx', name));
const expected: Record<string, number[]> = JSON.parse(file('expected.json').toString());
const isInvalid = (error: unknown): boolean =>
  error instanceof SnapshelfError && error.code === 'onnx-invalid';

const halfOrBrainFloat: Record<string, readonly number[]> = {
  FLOAT16: [0, 0x3c00, 0x4000, 0x4200, 0x4500, 0x4700],
  BFLOAT16: [0, 0x3f80, 0x4000, 0x4040, 0x40a0, 0x40e0],
};

test('every element type reads as the onnx package wrote it, from raw bytes and from typed fields', () => {
  const { graph } = decodeModel(file('typed.onnx'));
  assert.equal(graph?.initializer.length, 26);
  for (const tensor of graph?.initializer ?? []) {
    const bits = halfOrBrainFloat[tensor.name.split('_')[0] ?? ''];
    assert.deepEqual(Array.from(tensorData(tensor), Number), bits ?? expected[tensor.name], tensor.name);
    assert.deepEqual(dimsOf(tensor), [2, 3]);
  }
});

test('external data is read beside the model, and nowhere else', () => {
  const { graph } = decodeModel(file('external.onnx'));
  const [tensor] = graph?.initializer ?? [];
  assert.ok(tensor);
  const folder = dirname(fixture('onnx', 'external.onnx'));
  assert.deepEqual([...tensorData(tensor, folder)], expected['outside']);
  assert.throws(() => tensorData(tensor), isInvalid);
  for (const outside of ['../nn/none', '../../../package.json', '/etc/hosts', 'missing.bin', '', '.']) {
    const entry = tensor.externalData.find(({ key }) => key === 'location');
    if (entry) entry.value = outside;
    assert.throws(() => tensorData(tensor, folder), isInvalid, outside);
  }
});

test('external data that is no plain file, or whose place is no number, is refused', () => {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-onnx-'));
  mkdirSync(join(folder, 'folder'));
  symlinkSync('/dev/zero', join(folder, 'device'));
  writeFileSync(join(folder, 'short'), 'abc');
  const [tensor] = decodeModel(file('external.onnx')).graph?.initializer ?? [];
  assert.ok(tensor);
  const at = (location: string, offset: string) => {
    const externalData = Object.entries({ location, offset }).map(([key, value]) => ({
      $typeName: 'onnx.StringStringEntryProto' as const,
      key,
      value,
    }));
    return () => tensorData({ ...tensor, externalData }, folder);
  };
  for (const location of ['folder', 'device', 'short']) assert.throws(at(location, '0'), isInvalid, location);
  for (const offset of ['', '-1', '1e1', '0x1', '9007199254740993', 'nan', '4'])
    assert.throws(at('short', offset), isInvalid, offset);
  rmSync(folder, { recursive: true });
});

test('fields of a later specification survive decoding and encoding, byte for byte', () => {
  const bytes = file('future.onnx');
  assert.deepEqual(Buffer.from(encodeModel(decodeModel(bytes))), bytes);
});

const linear = (weights: Float32Array, columns: number) =>
  makeModel(
    makeGraph({
      name: 'linear',
      nodes: [
        makeNode({
          opType: 'Gemm',
          inputs: ['x', 'w'],
          outputs: ['y'],
          attributes: { alpha: { float: 0.5 }, transB: 1 },
        }),
      ],
      inputs: [makeValueInfo('x', 'float32', ['N', columns])],
      outputs: [makeValueInfo('y', 'float32', ['N', weights.length / columns])],
      initializers: [makeTensor('w', 'float32', [weights.length / columns, columns], weights)],
    }),
    { '': 17 },
    8,
  );

test('what is encoded is what is decoded, and ONNX Runtime takes it', async () => {
  const shapes = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }));
  await fc.assert(
    fc.asyncProperty(shapes, fc.string(), async ([rows, columns], note) => {
      const weights = Float32Array.from({ length: rows * columns }, (_, index) => index - 3);
      const model = linear(weights, columns);
      setProperty(model, 'note', note);
      const bytes = encodeModel(model);
      assert.deepEqual(Buffer.from(encodeModel(decodeModel(bytes))), Buffer.from(bytes));
      const session = await InferenceSession.create(bytes);
      assert.deepEqual(session.inputNames, ['x']);
      await session.release();
    }),
    { numRuns: 20 },
  );
});

test('a printed model shows its versions, values, constants and nodes', () => {
  const text = printModel(linear(new Float32Array(6), 3));
  assert.match(text, /opset onnx 17/);
  assert.match(text, /x: float32\[N,3\]/);
  assert.match(text, /const w: float32\[2,3\]/);
  assert.match(text, /y = Gemm\(x, w\) \{alpha=0\.5, transB=1\}/);
});

test('foreign and damaged files are told apart from models by a clear error, never by a crash', () => {
  const foreign = ['', '<html></html>', 'PK\u0003\u0004zip', '\u0089PNG\r\n', '{"a":1}', '\u0000'.repeat(64)];
  for (const text of foreign) assert.throws(() => decodeModel(Buffer.from(text, 'latin1')), isInvalid, text);
});

test('every truncation and any flipped bit gives a model or onnx-invalid', () => {
  const bytes = file('external.onnx');
  const attempt = (damaged: Uint8Array): void => {
    try {
      for (const tensor of decodeModel(damaged).graph?.initializer ?? []) tensorData(tensor, fixture('onnx'));
    } catch (error) {
      assert.ok(isInvalid(error), String(error));
    }
  };
  for (let length = 0; length < bytes.length; length += 1) attempt(bytes.subarray(0, length));
  for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
    const damaged = Uint8Array.from(bytes);
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    attempt(damaged);
  }
});

test('a file of another format is named', () => {
  const formats: readonly [string, RegExp][] = [
    ['PK\u0003\u0004archive', /zip archive.*snapshelf export/],
    ['\u0080\u0002pickle', /pickle.*snapshelf export/],
    ['\u0040\0\0\0\0\0\0\0{"__metadata__":{}}', /safetensors/],
    ['version https://git-lfs.github.com/spec/v1', /git lfs pull/],
    ['<!DOCTYPE html><html>', /HTML/],
    ['{"a": 1}', /JSON/],
    ['\u00ff\u00d8\u00ff\u00e0', /JPEG/],
    ['\u0089PNG\r\n', /PNG/],
  ];
  for (const [text, named] of formats)
    assert.throws(() => decodeModel(Buffer.from(text, 'latin1')), named, text);
});

test('a shape that is none is refused, even when its product fits', () => {
  const tensor = makeTensor('w', 'float32', [2, 3], new Float32Array(6));
  for (const dims of [[-2n, -3n], [6n, -1n, -1n], [2n ** 62n, 0n], [2n ** 63n - 1n]])
    assert.throws(() => tensorData({ ...tensor, dims }), isInvalid, String(dims));
  assert.throws(() => makeTensor('w', 'float32', [-2, -3], new Float32Array(6)), RangeError);
  assert.throws(() => makeTensor('w', 'float32', [0.5, 12], new Float32Array(6)), RangeError);
});

test('graphs inside graphs beyond any sense are refused', () => {
  const wrap = (field: number, bytes: Uint8Array): Uint8Array =>
    new BinaryWriter().tag(field, WireType.LengthDelimited).bytes(bytes).finish();
  // graph -> node (1) -> attribute (5) -> graph (6) -> ...
  let graph: Uint8Array = new Uint8Array();
  for (let depth = 0; depth < 500; depth += 1) graph = wrap(1, wrap(5, wrap(6, graph)));
  const version = Uint8Array.of(8, 8, 0x42, 2, 0x10, 17);
  assert.throws(() => decodeModel(Buffer.concat([version, wrap(7, graph)])), isInvalid);
});

test('a tensor whose numbers do not fill its shape is refused when it is made', () => {
  assert.throws(() => makeTensor('w', 'float32', [2, 2], new Float32Array(3)), RangeError);
});
