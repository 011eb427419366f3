import { writeAtomically } from '../files/index.ts';
import { invalid, quote } from './failures.ts';
import { encodeHeader, maxHeader, metadataKey, readHeader, type TensorEntry } from './safetensors-header.ts';
import { elementsOf, type StateDict, type WeightTensor } from './weight-tensor.ts';
import { readWeightsFile, readWeightsStart } from './weights-file.ts';

/** The content of a `.safetensors` file. */
export interface SafetensorsFile {
  readonly tensors: StateDict;
  /** The file's `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Reads a `.safetensors` file (https://github.com/huggingface/safetensors: header length as uint64, JSON header,
 * tensors back to back).
 *
 * @throws SnapshelfError `weights-invalid`
 */
export async function readSafetensors(path: string): Promise<SafetensorsFile> {
  return decodeSafetensors(await readWeightsFile(path));
}

/** True if bytes begin like a `.safetensors` file. */
export const looksLikeSafetensors = (bytes: Uint8Array): boolean => bytes[8] === 0x7b;

/**
 * Returns the name of the network that a weights file is for, as the `architecture` of a `.safetensors` file's metadata says
 * it; undefined if it does not, and for other files.
 *
 * @throws SnapshelfError `weights-invalid` for a missing file or a malformed header
 */
export async function architectureOfWeights(path: string): Promise<string | undefined> {
  const head = await readWeightsStart(path, 8 + maxHeader);
  return looksLikeSafetensors(head) ? readHeader(head).metadata.get('architecture') : undefined;
}

/**
 * Decodes the bytes of a `.safetensors` file.
 *
 * @throws SnapshelfError `weights-invalid` if an offset is outside the file, tensors overlap or leave gaps, a shape
 * contradicts its bytes, or the header is malformed
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { entries, metadata, dataStart } = readHeader(bytes);
  const data = bytes.subarray(dataStart);
  checkCoverage(entries, data.length);
  const tensors = entries.map(({ name, dims, dataType, begin, end }): [string, WeightTensor] => [
    name,
    { dims, dataType, data: elementsOf(dataType, data.subarray(begin, end)) },
  ]);
  return { tensors: new Map(tensors), metadata };
}

/** Checks that tensors follow each other from the first byte to the last, as the format requires. */
function checkCoverage(entries: readonly TensorEntry[], length: number): void {
  let position = 0;
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== position)
      throw invalid(`The tensor ${quote(name)} ${begin < position ? 'overlaps another' : 'follows a gap'}.`);
    position = end;
  }
  if (position !== length)
    throw invalid(
      `The safetensors file holds ${length} bytes of tensors where its header names ${position}.`,
    );
}

/**
 * Writes a `.safetensors` file atomically. The same tensors always give the same bytes: wider elements first, so that all
 * are aligned, then by name.
 *
 * @throws TypeError for a tensor named `__metadata__`
 * @throws SnapshelfError `disk-full`, `not-writable`
 */
export async function writeSafetensors(
  path: string,
  tensors: StateDict,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeAtomically(path, encodeSafetensors(tensors, metadata));
}

/** Yields the bytes of a `.safetensors` file: the header, then each tensor. */
function* encodeSafetensors(
  tensors: StateDict,
  metadata: Readonly<Record<string, string>>,
): Generator<Uint8Array> {
  if (tensors.has(metadataKey)) throw new TypeError(`A tensor cannot be named ${metadataKey}.`);
  const width = ({ data }: WeightTensor): number => data.BYTES_PER_ELEMENT;
  const sorted = [...tensors].sort(([a, x], [b, y]) => width(y) - width(x) || (a < b ? -1 : 1));
  let end = 0;
  const entries = sorted.map(([name, { dims, dataType, data }]): TensorEntry => {
    const begin = end;
    end += data.byteLength;
    return { name, dims, dataType, begin, end };
  });
  yield encodeHeader(entries, metadata);
  for (const [, { data }] of sorted) yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
