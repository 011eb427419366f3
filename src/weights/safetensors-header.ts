import { z } from 'zod';
import { asSentence, parseJsonWithin, shown } from '../json/index.ts';
import { bytesPerElement, countElements, type ElementType } from '../tensor/index.ts';
import { invalid, quote } from './failures.ts';
import { isShape } from './weight-tensor.ts';

/** The element types by their names in `.safetensors` files. */
const typesByCode = {
  F32: 'float32',
  F64: 'float64',
  F16: 'float16',
  BF16: 'bfloat16',
  U8: 'uint8',
  I8: 'int8',
  U16: 'uint16',
  I16: 'int16',
  U32: 'uint32',
  I32: 'int32',
  U64: 'uint64',
  I64: 'int64',
  BOOL: 'bool',
} as const satisfies Record<string, ElementType>;

type Code = keyof typeof typesByCode;

const codes = Object.keys(typesByCode) as [Code, ...Code[]];
const codesByType = new Map<ElementType, Code>(codes.map((code) => [typesByCode[code], code]));

/** The key of the file's metadata among the names of its tensors. */
export const metadataKey = '__metadata__';
/** The largest header, in bytes: that of ResNet-101 with its momenta and averages has about 200,000. */
export const maxHeader = 2 ** 24;
/** The most JSON values of a header: a tensor has seven. */
const maxValues = 1_000_000;

const offset = z.int().min(0);

/** One tensor in the header of a `.safetensors` file. Other fields are ignored. */
const tensorSchema = z.object(
  {
    dtype: z.enum(codes, { error: ({ input }) => `the unknown type ${shown(input)}` }),
    shape: z.custom<readonly number[]>(isShape, 'no valid shape'),
    data_offsets: z.tuple([offset, offset], 'no valid offsets'),
  },
  'no type, shape and offsets',
);

type TensorHeader = z.infer<typeof tensorSchema>;

/** A tensor in the header: its type, its shape, and its place among the bytes after the header. */
export interface TensorEntry {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: ElementType;
  readonly begin: number;
  readonly end: number;
}

/** The header of a `.safetensors` file. */
export interface SafetensorsHeader {
  readonly entries: readonly TensorEntry[];
  /** The file's `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;
  /** The place of the first byte after the header. */
  readonly dataStart: number;
}

/**
 * Reads the header of a `.safetensors` file: its length as uint64, then JSON.
 *
 * @throws SnapshelfError `weights-invalid` if it is malformed
 */
export function readHeader(bytes: Uint8Array): SafetensorsHeader {
  if (bytes.length < 8) throw invalid('The safetensors file ends before its header.');
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > maxHeader || 8 + length > bytes.length)
    throw invalid(`The safetensors header claims ${length} bytes of a file of ${bytes.length}.`);
  // Entries and not an object of the schema, because a tensor may have any name, `__proto__` too.
  const members = membersOf(parseJson(bytes.subarray(8, 8 + length)), 'header');
  const entries = members
    .filter(([name]) => name !== metadataKey)
    .map(([name, value]) => entryOf(name, value));
  const metadata = members.find(([name]) => name === metadataKey)?.[1] ?? {};
  return { entries, metadata: metadataOf(metadata), dataStart: 8 + length };
}

function membersOf(value: unknown, part: string): [string, unknown][] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value);
  throw invalid(`The safetensors ${part} is not a JSON object.`);
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

function entryOf(name: string, value: unknown): TensorEntry {
  const { data, error } = tensorSchema.safeParse(value);
  if (data === undefined) {
    const [issue] = error.issues;
    // Messages inside the offsets are zod's own.
    const problem = issue?.path[0] === 'data_offsets' ? 'no valid offsets' : issue?.message;
    throw invalid(`The tensor ${quote(name)} has ${problem}.`, error);
  }
  const { dtype, shape, data_offsets: offsets } = data;
  const dataType = typesByCode[dtype];
  const [begin, end] = offsets;
  if (end - begin !== countElements(shape) * bytesPerElement(dataType))
    throw invalid(`The tensor ${quote(name)} has ${end - begin} bytes, which is not ${dtype} [${shape}].`);
  return { name, dims: shape, dataType, begin, end };
}

const metadataOf = (value: unknown): Map<string, string> =>
  new Map(
    membersOf(value, 'metadata').map(([key, text]) => {
      if (typeof text !== 'string') throw invalid(`The safetensors metadata ${quote(key)} is not a string.`);
      return [key, text];
    }),
  );

/** Encodes a header. It is padded with spaces, so that the tensors after it are aligned. */
export function encodeHeader(
  entries: readonly TensorEntry[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const tensors = entries.map(({ name, dims, dataType, begin, end }): [string, TensorHeader] => [
    name,
    { dtype: codesByType.get(dataType) ?? 'F32', shape: dims, data_offsets: [begin, end] },
  ]);
  const described = Object.keys(metadata).length > 0 ? [[metadataKey, metadata] as const] : [];
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries([...described, ...tensors])));
  const padded = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(json, 8);
  return header;
}
