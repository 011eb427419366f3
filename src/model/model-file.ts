import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SnapshelfError } from '../errors.ts';
import { readModelProperties } from '../onnx/index.ts';
import { type ModelMetadata, parseMetadata } from './metadata.ts';

/** A model on disk, checked to be one. */
export interface ModelFile {
  /** Absolute path. */
  readonly path: string;
  /** SHA-256 of the file, hexadecimal: the identity of the model. */
  readonly id: string;
  readonly metadata: ModelMetadata;
}

/** Hashing that much takes a millisecond or two; in between, a server answers. */
const pieceBytes = 1 << 20;

async function openModel(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (cause) {
    const why = (cause as Error).message;
    throw new SnapshelfError('model-not-found', `cannot read the model ${path}: ${why}`, { cause });
  }
}

/** All bytes of a file and their SHA-256, without holding up the event loop. */
async function readHashed(path: string): Promise<{ bytes: Uint8Array; id: string }> {
  await using file = await openModel(path);
  const stats = await file.stat();
  if (!stats.isFile()) throw new SnapshelfError('model-not-found', `the model ${path} is not a file`);
  const bytes = new Uint8Array(stats.size);
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

function metadataOf(path: string, bytes: Uint8Array): ModelMetadata {
  try {
    return parseMetadata(readModelProperties(bytes));
  } catch (cause) {
    if (!(cause instanceof SnapshelfError)) throw cause;
    throw new SnapshelfError(cause.code, `${path}: ${cause.message}`, { cause });
  }
}

/**
 * What a model file is: its identity and its metadata.
 * Throws `model-not-found`, `onnx-invalid` (not ONNX) or `model-invalid` (ONNX of another kind).
 */
export async function readModelFile(path: string): Promise<ModelFile> {
  const { bytes, id } = await readHashed(path);
  return { path: resolve(path), id, metadata: metadataOf(path, bytes) };
}
