import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { SnapshelfError } from '../errors.ts';
import { openFile } from '../files/index.ts';
import { decodeModel, type ModelProto } from '../onnx/index.ts';
import { checkContract } from './contract.ts';
import { type ModelMetadata, metadataKey, parseMetadata } from './metadata.ts';

/** A model on disk, checked to be one. */
export interface ModelFile {
  /** Absolute path. */
  readonly path: string;
  /** SHA-256 of the file, hexadecimal: the identity of the model. */
  readonly id: string;
  readonly metadata: ModelMetadata;
}

/** A model file with what is in it. */
export interface LoadedModel extends ModelFile {
  /** What was checked: give ONNX Runtime these, not the path, behind which the file may have changed. */
  readonly bytes: Uint8Array;
  readonly model: ModelProto;
}

/** What protobuf allows, in bytes. */
const largestFile = 2 ** 31 - 1;
/** Hashing that much takes a millisecond or two; in between, a server answers. */
const pieceBytes = 1 << 20;

/** All bytes of a file and their SHA-256, without holding up the event loop. */
async function readHashed(path: string): Promise<{ bytes: Uint8Array; id: string }> {
  const { file, size } = await openFile(path, largestFile).catch((cause: Error) => {
    throw new SnapshelfError('model-not-found', `cannot read the model ${path}: ${cause.message}`, { cause });
  });
  await using _ = file;
  const bytes = new Uint8Array(size);
  const hash = createHash('sha256');
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, Math.min(pieceBytes, bytes.length - length), length);
    if (bytesRead === 0) break;
    hash.update(bytes.subarray(length, length + bytesRead));
    length += bytesRead;
  }
  return { bytes: bytes.subarray(0, length), id: hash.digest('hex') };
}

function check(bytes: Uint8Array): { readonly model: ModelProto; readonly metadata: ModelMetadata } {
  const model = decodeModel(bytes);
  const own = model.metadataProps.filter(({ key }) => key === metadataKey);
  if (own.length > 1)
    throw new SnapshelfError(
      'model-invalid',
      `not a Snapshelf model: it has ${own.length} texts of metadata`,
    );
  const metadata = parseMetadata(new Map(own.map(({ key, value }) => [key, value])));
  checkContract(model, metadata);
  return { model, metadata };
}

/**
 * Reads a model file and checks it, as everything does that uses one: it is ONNX of the known form (`decodeModel`), one
 * of ours (`parseMetadata`), and does what it says and nothing else (`checkContract`).
 * @throws SnapshelfError `model-not-found`, `onnx-invalid` (not ONNX, or more than a network that is run) or
 * `model-invalid` (ONNX of another kind, or that contradicts its metadata).
 */
export async function loadModelFile(path: string): Promise<LoadedModel> {
  const { bytes, id } = await readHashed(path);
  try {
    return { path: resolve(path), id, bytes, ...check(bytes) };
  } catch (cause) {
    if (!(cause instanceof SnapshelfError)) throw cause;
    throw new SnapshelfError(cause.code, `${path}: ${cause.message}`, { cause });
  }
}

/** What a model file is: its identity and its metadata. Checked, and @throws, as `loadModelFile`. */
export async function readModelFile(path: string): Promise<ModelFile> {
  const { path: absolute, id, metadata } = await loadModelFile(path);
  return { path: absolute, id, metadata };
}
