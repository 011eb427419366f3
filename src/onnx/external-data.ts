import { realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { SnapshelfError } from '../errors.ts';
import { readSyncAt, withFileSync } from '../files/index.ts';
import { shown } from '../json/index.ts';
import type { TensorProto } from './generated/onnx_pb.ts';

interface Place {
  readonly path: string;
  readonly offset: number;
  readonly length: number | undefined;
}

const refuse = (tensor: TensorProto, reason: string, cause?: unknown): SnapshelfError =>
  new SnapshelfError(
    'onnx-invalid',
    `The external data of tensor ${shown(tensor.name)} cannot be read. ${reason}`,
    { cause },
  );

function numberEntry(tensor: TensorProto, key: string): number | undefined {
  const text = tensor.externalData.find((entry) => entry.key === key)?.value;
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) throw refuse(tensor, `Its ${key} is ${shown(text)}.`);
  return value;
}

/** Returns the place of the bytes, which is always inside the folder of the model. */
function locate(tensor: TensorProto, baseDirectory: string | undefined): Place {
  if (baseDirectory === undefined) throw refuse(tensor, 'The folder of the model file is not known.');
  const location = tensor.externalData.find((entry) => entry.key === 'location')?.value ?? '';
  try {
    const base = realpathSync(baseDirectory);
    const path = realpathSync(join(base, location));
    if (!path.startsWith(base + sep))
      throw refuse(tensor, `${shown(location)} is outside the folder of the model.`);
    return { path, offset: numberEntry(tensor, 'offset') ?? 0, length: numberEntry(tensor, 'length') };
  } catch (cause) {
    if (cause instanceof SnapshelfError) throw cause;
    throw refuse(tensor, `The file ${shown(location)} is missing beside the model.`, cause);
  }
}

function readPlace(
  tensor: TensorProto,
  file: number,
  size: number,
  { path, offset, length }: Place,
): Uint8Array {
  const wanted = length ?? size - offset;
  if (wanted < 0 || offset + wanted > size) throw refuse(tensor, `${path} ends before its bytes.`);
  const bytes = readSyncAt(file, offset, wanted);
  if (bytes.length < wanted) throw refuse(tensor, `${path} ends before its bytes.`);
  return bytes;
}

/**
 * Reads the bytes of a tensor that a model keeps in another file.
 *
 * @throws SnapshelfError `onnx-invalid` if they are not there
 */
export function readExternalData(tensor: TensorProto, baseDirectory: string | undefined): Uint8Array {
  const place = locate(tensor, baseDirectory);
  try {
    return withFileSync(place.path, Number.MAX_SAFE_INTEGER, (file, size) =>
      readPlace(tensor, file, size, place),
    );
  } catch (cause) {
    if (cause instanceof SnapshelfError) throw cause;
    throw refuse(tensor, `${place.path} is not readable: ${(cause as Error).message}.`, cause);
  }
}
