import { fromBinary } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { SnapshelfError } from '../errors.ts';
import { foreignFormat } from './foreign.ts';
import { type ModelProto, ModelProtoSchema, StringStringEntryProtoSchema } from './generated/onnx_pb.ts';

const fieldNumber = { irVersion: 1, graph: 7, opsetImport: 8, metadataProps: 14 } as const;

function invalid(why: string, cause?: unknown): SnapshelfError {
  return new SnapshelfError('onnx-invalid', `not a readable ONNX model: ${why}`, { cause });
}

/** Runs a parser of untrusted bytes; whatever it throws means that the bytes are not a model. */
function parse<T>(bytes: Uint8Array, parser: () => T): T {
  if (bytes.byteLength === 0) throw invalid('the file is empty');
  try {
    return parser();
  } catch (cause) {
    const format = foreignFormat(bytes);
    if (format !== undefined) throw invalid(`it looks like ${format}`, cause);
    if (cause instanceof SnapshelfError) throw cause;
    throw invalid('the file is truncated or of another format', cause);
  }
}

/**
 * An ONNX file as the messages of the specification. Nothing is lost: fields that this version of the specification
 * does not know are kept and written again by `encodeModel`. Tensors are views of `bytes`, which must not change.
 * Throws `onnx-invalid` when the bytes are truncated, foreign, or lack what every model has.
 */
export function decodeModel(bytes: Uint8Array): ModelProto {
  return parse(bytes, () => {
    const model = fromBinary(ModelProtoSchema, bytes);
    if (model.irVersion <= 0n || model.opsetImport.length === 0) throw invalid('it states no version');
    if (model.graph === undefined) throw invalid('it holds no graph');
    return model;
  });
}

/**
 * The `metadata_props` of an ONNX file, found without decoding its graph: cheap on files of any size.
 * Throws `onnx-invalid` when the bytes are not a model.
 */
export function readModelProperties(bytes: Uint8Array): Map<string, string> {
  return parse(bytes, () => {
    const reader = new BinaryReader(bytes);
    const properties = new Map<string, string>();
    const seen = new Set<number>();
    while (reader.pos < reader.len) {
      const [number, wireType] = reader.tag();
      seen.add(number);
      if (number === fieldNumber.metadataProps && wireType === WireType.LengthDelimited) {
        const { key, value } = fromBinary(StringStringEntryProtoSchema, reader.bytes());
        properties.set(key, value);
      } else if (wireType === WireType.LengthDelimited) reader.bytes();
      else reader.skip(wireType, number);
    }
    if (!seen.has(fieldNumber.irVersion)) throw invalid('it states no version');
    if (!seen.has(fieldNumber.graph)) throw invalid('it holds no graph');
    return properties;
  });
}
