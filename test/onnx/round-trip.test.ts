import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, toBinary, type UnknownField } from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import {
  AttributeProto_AttributeType,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  TensorProtoSchema,
} from '../../src/onnx/generated/onnx_pb.ts';
import { decodeModel, encodeModel } from '../../src/onnx/index.ts';

/** Fields of a specification that is not written yet: a number and some bytes (with their length in front). */
const unknownField = (wireType: WireType, data: fc.Arbitrary<Uint8Array>): fc.Arbitrary<UnknownField> =>
  fc.tuple(fc.integer({ min: 1000, max: 9000 }), data).map(([no, data]) => ({ no, wireType, data }));
const unknown = fc.array(
  fc.oneof(
    unknownField(
      WireType.Varint,
      fc.nat(127).map((value) => Uint8Array.of(value)),
    ),
    unknownField(
      WireType.LengthDelimited,
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Uint8Array.of(bytes.length, ...bytes)),
    ),
  ),
  { maxLength: 2 },
);
const withUnknown = <T extends object>(message: T, $unknown: UnknownField[]): T =>
  $unknown.length === 0 ? message : Object.assign(message, { $unknown });

const tensor = fc
  .record({
    init: fc.record(
      {
        name: fc.string(),
        dataType: fc.integer({ min: -1, max: 100 }),
        dims: fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 3 }),
        rawData: fc.uint8Array({ maxLength: 300 }),
        floatData: fc.array(fc.float({ noNaN: true }), { maxLength: 3 }),
        int64Data: fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 3 }),
        stringData: fc.array(fc.uint8Array({ maxLength: 5 }), { maxLength: 2 }),
        docString: fc.string(),
      },
      { requiredKeys: [] },
    ),
    unknown,
  })
  .map((parts) => withUnknown(create(TensorProtoSchema, parts.init), parts.unknown));

const { graph } = fc.letrec<{ graph: GraphProto }>((tie) => ({
  graph: fc
    .record({
      name: fc.string(),
      initializer: fc.array(tensor, { maxLength: 3 }),
      docString: fc.option(fc.string(), { nil: '' }),
      body: fc.option(tie('graph'), { maxDepth: 2, nil: undefined }),
      unknown,
    })
    .map(({ name, initializer, docString, body, unknown }) => {
      const attribute =
        body === undefined ? [] : [{ name: 'body', type: AttributeProto_AttributeType.GRAPH, g: body }];
      const node = [{ opType: 'Loop', input: ['', 'x'], output: ['y'], attribute }];
      return withUnknown(create(GraphProtoSchema, { name, initializer, docString, node }), unknown);
    }),
}));

const model = fc.record({ graph, note: fc.string(), unknown }).map(({ graph, note, unknown }) => {
  const init = {
    irVersion: 99n,
    opsetImport: [{ version: 99n }],
    metadataProps: [{ key: '__proto__', value: note }],
    functions: [{ name: 'f', domain: 'own', node: [{ opType: 'Relu' }] }],
    trainingInfo: [{ algorithm: { name: note } }],
    graph,
  };
  return withUnknown(create(ModelProtoSchema, init), unknown);
});

test('whatever a model holds comes back, known to this version or not', () => {
  fc.assert(
    fc.property(model, (original) => {
      assert.deepEqual(decodeModel(encodeModel(original)), original);
    }),
  );
});

test('the bytes are those of the protobuf library', () => {
  fc.assert(
    fc.property(model, (original) => {
      assert.deepEqual(Buffer.from(encodeModel(original)), Buffer.from(toBinary(ModelProtoSchema, original)));
    }),
  );
});

test('encoding leaves the model as it was', () => {
  const [original] = fc.sample(model, { numRuns: 1, seed: 5 });
  assert.ok(original);
  const before = structuredClone(original);
  encodeModel(original);
  assert.deepEqual(structuredClone(original), before);
});
