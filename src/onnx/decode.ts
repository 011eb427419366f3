import { fromBinary } from '@bufbuild/protobuf';
import { SnapshelfError } from '../errors.ts';
import { foreignFormat } from './foreign.ts';
import { type ModelProto, ModelProtoSchema } from './generated/onnx_pb.ts';
import { checkWire } from './wire.ts';

function invalid(reason: string, cause?: unknown): SnapshelfError {
  return new SnapshelfError('onnx-invalid', `This is not a readable ONNX model. ${reason}`, { cause });
}

/** Runs a parser of untrusted bytes, and turns every error into `onnx-invalid`. */
function parse<T>(bytes: Uint8Array, parser: () => T): T {
  if (bytes.byteLength === 0) throw invalid('The file is empty.');
  try {
    return parser();
  } catch (cause) {
    const format = foreignFormat(bytes);
    if (format !== undefined) throw invalid(`It looks like ${format}.`, cause);
    if (cause instanceof SnapshelfError) throw cause;
    const reason = cause instanceof RangeError ? ` ${cause.message}` : '';
    throw invalid(`The file is truncated, of another format or made to mislead.${reason}`, cause);
  }
}

/**
 * Decodes an ONNX file. Nothing is lost: fields that this version of the specification does not know are kept and written
 * again by `encodeModel`. Tensors are views of `bytes`, which must not change.
 *
 * @throws SnapshelfError `onnx-invalid` if the bytes are truncated, of another format, written so that readers could
 * disagree on them, of more structure than any network has (see `wire.ts`), or without a version or a graph
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { decodeModel, printModel } from 'snapshelf/onnx';
 *
 * const model = decodeModel(await readFile('model.onnx'));
 * console.log(printModel(model));
 * ```
 */
export function decodeModel(bytes: Uint8Array): ModelProto {
  return parse(bytes, () => {
    checkWire(bytes);
    const model = fromBinary(ModelProtoSchema, bytes);
    if (model.irVersion <= 0n || model.opsetImport.length === 0) throw invalid('It has no version.');
    if (model.graph === undefined) throw invalid('It has no graph.');
    return model;
  });
}
