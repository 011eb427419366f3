import { writeAtomically } from '../files/index.ts';
import { asSentence, parseJsonWithin, shown } from '../json/index.ts';
import { countElements, type ElementType, elementArrays } from '../tensor/index.ts';
import { invalid, quote } from './failures.ts';
import { elementsOf, isShape, type StateDict, type WeightTensor } from './weight-tensor.ts';
import { readWeightsFile } from './weights-file.ts';

/** The content of a `.safetensors` file. */
export interface SafetensorsFile {
  readonly tensors: StateDict;
  /** The file's `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;
}

const typesByCode: ReadonlyMap<unknown, ElementType> = new Map<string, ElementType>([
  ['F32', 'float32'],
  ['F64', 'float64'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['U8', 'uint8'],
  ['I8', 'int8'],
  ['U16', 'uint16'],
  ['I16', 'int16'],
  ['U32', 'uint32'],
  ['I32', 'int32'],
  ['U64', 'uint64'],
  ['I64', 'int64'],
  ['BOOL', 'bool'],
]);
const codesByType = new Map([...typesByCode].map(([code, type]) => [type, code]));
const metadataEntry = '__metadata__';
/** The largest header, in bytes: that of ResNet-101 with its momenta and averages has about 200,000. */
const maxHeader = 2 ** 24;
/** The most JSON values of a header: a tensor has seven. */
const maxValues = 1_000_000;

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
 * Decodes the bytes of a `.safetensors` file.
 *
 * @throws SnapshelfError `weights-invalid` if an offset is outside the file, tensors overlap or leave gaps, a shape
 * contradicts its bytes, or the header is malformed
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { header, dataStart } = readHeader(bytes);
  const data = bytes.subarray(dataStart);
  const names = Object.keys(header).filter((name) => name !== metadataEntry);
  const entries = names.map((name) => readEntry(name, header[name]));
  checkCoverage(entries, data.length);
  const tensors = entries.map(({ name, dims, dataType, begin, end }): [string, WeightTensor] => [
    name,
    { dims, dataType, data: elementsOf(dataType, data.subarray(begin, end)) },
  ]);
  return { tensors: new Map(tensors), metadata: readMetadata(header[metadataEntry]) };
}

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readHeader(bytes: Uint8Array): { header: JsonObject; dataStart: number } {
  if (bytes.length < 8) throw invalid('The safetensors file ends before its header.');
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > maxHeader || 8 + length > bytes.length)
    throw invalid(`The safetensors header claims ${length} bytes of a file of ${bytes.length}.`);
  const header = parseJson(bytes.subarray(8, 8 + length));
  if (!isObject(header)) throw invalid('The safetensors header is not a JSON object.');
  return { header, dataStart: 8 + length };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return parseJsonWithin(text, { values: maxValues });
  } catch (cause) {
    const reason = asSentence((cause as Error).message);
    throw invalid(`The safetensors header is not JSON, or too much. ${reason}`, cause);
  }
}

interface Entry {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: ElementType;
  readonly begin: number;
  readonly end: number;
}

/** Two whole numbers. Not `isShape`, whose product of them is too large in a file of 100 MB. */
const isRange = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length === 2 && value.every((at) => Number.isSafeInteger(at) && at >= 0);

function readEntry(name: string, entry: unknown): Entry {
  const { dtype, shape, data_offsets: offsets } = isObject(entry) ? entry : {};
  const dataType = typesByCode.get(dtype);
  if (dataType === undefined)
    throw invalid(`The tensor ${quote(name)} has the unknown type ${shown(dtype)}.`);
  if (!isShape(shape)) throw invalid(`The tensor ${quote(name)} has no valid shape.`);
  if (!isRange(offsets)) throw invalid(`The tensor ${quote(name)} has no valid offsets.`);
  const [begin = 0, end = 0] = offsets;
  if (end - begin !== countElements(shape) * elementArrays[dataType].BYTES_PER_ELEMENT)
    throw invalid(`The tensor ${quote(name)} has ${end - begin} bytes, which is not ${dtype} [${shape}].`);
  return { name, dims: shape, dataType, begin, end };
}

/** Checks that tensors follow each other from the first byte to the last, as the format requires. */
function checkCoverage(entries: readonly Entry[], length: number): void {
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

function readMetadata(value: unknown): Map<string, string> {
  if (value === undefined) return new Map();
  if (!isObject(value)) throw invalid('The safetensors metadata is not a JSON object.');
  return new Map(
    Object.entries(value).map(([key, text]) => {
      if (typeof text !== 'string') throw invalid(`The safetensors metadata ${quote(key)} is not a string.`);
      return [key, text];
    }),
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
  if (tensors.has(metadataEntry)) throw new TypeError(`A tensor cannot be named ${metadataEntry}.`);
  const width = ({ data }: WeightTensor): number => data.BYTES_PER_ELEMENT;
  const sorted = [...tensors].sort(([a, x], [b, y]) => width(y) - width(x) || (a < b ? -1 : 1));
  yield encodeHeader(sorted, metadata);
  for (const [, { data }] of sorted) yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function encodeHeader(
  tensors: readonly (readonly [string, WeightTensor])[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  let position = 0;
  const entries = tensors.map(([name, { dims, dataType, data }]): [string, unknown] => {
    const begin = position;
    position += data.byteLength;
    return [name, { dtype: codesByType.get(dataType), shape: dims, data_offsets: [begin, position] }];
  });
  const described = Object.keys(metadata).length > 0 ? [[metadataEntry, metadata] as const] : [];
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries([...described, ...entries])));
  const padded = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(json, 8);
  return header;
}
