import { fromBinary } from '@bufbuild/protobuf';
import { SnapshelfError } from '../errors.ts';
import { foreignFormat } from './foreign.ts';
import { type ModelProto, ModelProtoSchema } from './generated/onnx_pb.ts';
import { checkWire } from './wire.ts';

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
    const why = cause instanceof RangeError ? ` (${cause.message})` : '';
    throw invalid(`the file is truncated, of another format or made to mislead${why}`, cause);
  }
}

/**
 * An ONNX file as the messages of the specification. Nothing is lost: fields that this version of the specification
 * does not know are kept and written again by `encodeModel`. Tensors are views of `bytes`, which must not change.
 * Throws `onnx-invalid` when the bytes are truncated, foreign, written so that readers disagree on them, of more
 * structure than any network has (see `wire.ts`), or lack what every model has.
 */
export function decodeModel(bytes: Uint8Array): ModelProto {
  return parse(bytes, () => {
    checkWire(bytes);
    const model = fromBinary(ModelProtoSchema, bytes);
    if (model.irVersion <= 0n || model.opsetImport.length === 0) throw invalid('it states no version');
    if (model.graph === undefined) throw invalid('it holds no graph');
    return model;
  });
}
