import { clearField, type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from './generated/onnx_pb.ts';

const { graph: graphField } = ModelProtoSchema.field;
const { initializer: initializerField } = GraphProtoSchema.field;
const { rawData: rawDataField } = TensorProtoSchema.field;

/** Protobuf lengths are 32 bits with a sign in most readers, ONNX Runtime's among them. */
const largestFile = 2 ** 31 - 1;

type Chunks = readonly Uint8Array[];

const sizeOf = (chunks: Chunks): number => chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);

/** Returns a message without some of its fields; it shares the others with the original. */
function part<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
  keep: (fieldNumber: number) => boolean,
): MessageShape<Desc> {
  const copy: MessageShape<Desc> = Object.assign(Object.create(Object.getPrototypeOf(message)), message);
  for (const field of schema.fields) if (!keep(field.number)) clearField(copy, field);
  return copy;
}

/** Returns the fields before number `field`, then `content`, then the fields after it and the unknown ones. */
function around<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
  field: number,
  content: Chunks,
): Chunks {
  const before = part(schema, message, (number) => number < field);
  // Not by the option `writeUnknownFields`, which would drop those of the messages inside as well.
  delete before.$unknown;
  const after = part(schema, message, (number) => number > field);
  return [toBinary(schema, before), ...content, toBinary(schema, after)];
}

function delimited(field: number, content: Chunks): Chunks {
  const size = sizeOf(content);
  if (size > largestFile)
    throw new RangeError(
      `The model has ${size} bytes or more, but an ONNX file can have at most ${largestFile}.`,
    );
  return [new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(size).finish(), ...content];
}

function tensorChunks(tensor: TensorProto): Chunks {
  if (tensor.rawData.byteLength === 0) return [toBinary(TensorProtoSchema, tensor)];
  const raw = delimited(rawDataField.number, [tensor.rawData]);
  return around(TensorProtoSchema, tensor, rawDataField.number, raw);
}

function graphChunks(graph: GraphProto): Chunks {
  const { number } = initializerField;
  const initializers = graph.initializer.flatMap((tensor) => delimited(number, tensorChunks(tensor)));
  return around(GraphProtoSchema, graph, number, initializers);
}

function modelChunks(model: ModelProto): Chunks {
  if (model.graph === undefined) return [toBinary(ModelProtoSchema, model)];
  const graph = delimited(graphField.number, graphChunks(model.graph));
  return around(ModelProtoSchema, model, graphField.number, graph);
}

/**
 * Encodes a model as the bytes of an ONNX file, fields in the order of their numbers and unknown ones last. The weights are
 * copied once, into the result, because `toBinary` grows its buffer to a power of two and copies it at the end.
 *
 * @throws RangeError if the file would exceed the 2 GiB that protobuf allows
 * @example
 * ```ts
 * import { readFile, writeFile } from 'node:fs/promises';
 * import { decodeModel, encodeModel, setProperty } from 'snapshelf/onnx';
 *
 * const model = decodeModel(await readFile('model.onnx'));
 * setProperty(model, 'author', 'A. Shop');
 * await writeFile('signed.onnx', encodeModel(model));
 * ```
 */
export function encodeModel(model: ModelProto): Uint8Array<ArrayBuffer> {
  const chunks = modelChunks(model);
  const bytes = new Uint8Array(sizeOf(chunks));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
