import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { SnapshelfError } from '../errors.ts';
import type { TensorProto } from './generated/onnx_pb.ts';

interface Place {
  readonly path: string;
  readonly offset: number;
  readonly length: number | undefined;
}

const refuse = (tensor: TensorProto, why: string, cause?: unknown): SnapshelfError =>
  new SnapshelfError('onnx-invalid', `external data of tensor ${tensor.name}: ${why}`, { cause });

function numberEntry(tensor: TensorProto, key: string): number | undefined {
  const text = tensor.externalData.find((entry) => entry.key === key)?.value;
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) throw refuse(tensor, `${key} is ${JSON.stringify(text)}`);
  return value;
}

/** Where the bytes lie: always inside the folder of the model, however the file spells it. */
function locate(tensor: TensorProto, baseDirectory: string | undefined): Place {
  if (baseDirectory === undefined) throw refuse(tensor, 'the folder of the model file is not known');
  const location = tensor.externalData.find((entry) => entry.key === 'location')?.value ?? '';
  try {
    const base = realpathSync(baseDirectory);
    const path = realpathSync(join(base, location));
    if (!path.startsWith(base + sep))
      throw refuse(tensor, `${location} lies outside the folder of the model`);
    // Opening a named pipe would wait for ever, reading a folder fails.
    if (!statSync(path).isFile()) throw refuse(tensor, `${location} is not a file`);
    return { path, offset: numberEntry(tensor, 'offset') ?? 0, length: numberEntry(tensor, 'length') };
  } catch (cause) {
    if (cause instanceof SnapshelfError) throw cause;
    throw refuse(tensor, `the file ${location} is missing beside the model`, cause);
  }
}

/** The bytes of a tensor that a model keeps in another file. Throws `onnx-invalid` when they are not there. */
export function readExternalData(tensor: TensorProto, baseDirectory: string | undefined): Uint8Array {
  const { path, offset, length } = locate(tensor, baseDirectory);
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const wanted = length ?? size - offset;
    if (wanted < 0 || offset + wanted > size) throw refuse(tensor, `${path} ends before its bytes`);
    const bytes = new Uint8Array(wanted);
    let read = 0;
    while (read < wanted) {
      const count = readSync(file, bytes, read, wanted - read, offset + read);
      if (count === 0) throw refuse(tensor, `${path} ends before its bytes`);
      read += count;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}
