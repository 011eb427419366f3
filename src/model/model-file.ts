import { resolve } from 'node:path';
import { SnapshelfError } from '../errors.ts';
import { readHashed } from '../files/index.ts';
import { decodeModel, type ModelProto } from '../onnx/index.ts';
import { counted } from '../text.ts';
import { checkContract } from './contract.ts';
import { metadataKey, parseMetadata } from './metadata.ts';
import type { ModelMetadata } from './metadata-schema.ts';
import { shippedModels } from './shipped.ts';

/** A model on disk, checked to be one. */
export interface ModelFile {
  /** The absolute path. */
  readonly path: string;
  /** The SHA-256 of the file in hexadecimal: the identity of the model. */
  readonly id: string;
  readonly metadata: ModelMetadata;
}

/** A model file with its content. */
export interface LoadedModel extends ModelFile {
  /** The bytes that were checked. Give ONNX Runtime these, because the file at the path may have changed. */
  readonly bytes: Uint8Array;
  readonly model: ModelProto;
}

/** The largest file that protobuf allows, in bytes. */
const largestFile = 2 ** 31 - 1;

function unreadable(path: string, cause: Error): SnapshelfError {
  const message =
    'code' in cause && cause.code === 'ENOENT'
      ? `There is no model file ${path}. The models that ship are named ${[...shippedModels.keys()].join(', ')}.`
      : `The model ${path} cannot be read: ${cause.message}.`;
  return new SnapshelfError('model-not-found', message, { cause });
}

function check(bytes: Uint8Array): { readonly model: ModelProto; readonly metadata: ModelMetadata } {
  const model = decodeModel(bytes);
  const own = model.metadataProps.filter(({ key }) => key === metadataKey);
  if (own.length > 1)
    throw new SnapshelfError(
      'model-invalid',
      `This is not a Snapshelf model. It has ${counted(own.length, 'entry', 'entries')} of metadata.`,
    );
  const metadata = parseMetadata(new Map(own.map(({ key, value }) => [key, value])));
  checkContract(model, metadata);
  return { model, metadata };
}

/**
 * Reads and checks a model file: it must be ONNX of the known form (`decodeModel`), have our metadata (`parseMetadata`), and
 * keep the contract (`checkContract`).
 *
 * @param model - the path of the file, or the name of a model that ships with the package
 * @throws SnapshelfError `model-not-found`, `onnx-invalid` (not ONNX, or not only a network) or `model-invalid` (ONNX of
 * another kind, or in contradiction to its metadata)
 */
export async function loadModelFile(model: string): Promise<LoadedModel> {
  const path = shippedModels.get(model) ?? model;
  const { bytes, sha256: id } = await readHashed(path, largestFile).catch((cause: Error) => {
    throw unreadable(path, cause);
  });
  try {
    return { path: resolve(path), id, bytes, ...check(bytes) };
  } catch (cause) {
    if (!(cause instanceof SnapshelfError)) throw cause;
    throw new SnapshelfError(cause.code, `${path}: ${cause.message}`, { cause });
  }
}

/**
 * Reads the identity and metadata of a model file, after the checks of `loadModelFile`.
 *
 * @param model - the path of the file, or the name of a model that ships with the package
 * @throws SnapshelfError `model-not-found`, `onnx-invalid`, `model-invalid`
 * @example
 * ```ts
 * import { readModelFile } from 'snapshelf';
 *
 * const { id, metadata } = await readModelFile('lite0.onnx');
 * console.log(id, metadata.dimension);
 * ```
 */
export async function readModelFile(model: string): Promise<ModelFile> {
  const { path, id, metadata } = await loadModelFile(model);
  return { path, id, metadata };
}
