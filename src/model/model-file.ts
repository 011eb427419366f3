import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
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

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new SnapshelfError(
      'model-not-found',
      `cannot read the model ${path}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/**
 * What a model file is: its identity and its metadata.
 * Throws `model-not-found`, `onnx-invalid` (not ONNX) or `model-invalid` (ONNX of another kind).
 */
export async function readModelFile(path: string): Promise<ModelFile> {
  const bytes = await readBytes(path);
  const metadata = parseMetadata(readModelProperties(bytes));
  return { path: resolve(path), id: createHash('sha256').update(bytes).digest('hex'), metadata };
}
