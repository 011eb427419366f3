import { SnapshelfError } from '../../errors.ts';
import { readInput } from '../../files/index.ts';
import { shown } from '../../json/index.ts';

// NumPy's file format, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html: a magic string, the version,
// the length of the header, the header as a Python literal, the numbers.

/** A matrix, row by row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

const magic = '\x93NUMPY';

/** Bytes of a file: Node reads no more in one piece. */
const largestFile = 2 ** 31 - 1;
/** Bytes of a header; NumPy's own readers take 10,000. */
const largestHeader = 2 ** 16;

interface NumberType {
  readonly bytes: number;
  read(view: DataView, at: number): number;
}

const numberTypes: Readonly<Record<string, NumberType>> = {
  '<f4': { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  '<f8': { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};

const invalid = (path: string, why: string): SnapshelfError =>
  new SnapshelfError('source-invalid', `${path} ${why}.`);

interface Header {
  readonly text: string;
  readonly end: number;
}

/** Reads the header of a file of the versions 1 to 3. */
function headerOf(bytes: Buffer, path: string): Header {
  if (bytes.length < 12 || bytes.toString('latin1', 0, 6) !== magic) throw invalid(path, 'is no .npy file');
  const isFirstVersion = bytes[6] === 1;
  const start = isFirstVersion ? 10 : 12;
  const length = isFirstVersion ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  if (length > largestHeader) throw invalid(path, `has a header of ${length} bytes`);
  if (start + length > bytes.length) throw invalid(path, 'is cut off');
  return { text: bytes.toString('latin1', start, start + length), end: start + length };
}

interface Shape {
  readonly type: NumberType;
  readonly rows: number;
  readonly columns: number;
}

function shapeOf(text: string, path: string): Shape {
  const name = /'descr':\s*'([^']*)'/.exec(text)?.[1] ?? '';
  const type = Object.hasOwn(numberTypes, name) ? numberTypes[name] : undefined;
  if (type === undefined)
    throw invalid(path, `holds numbers of type ${shown(name)} instead of float32 or float64`);
  if (!/'fortran_order':\s*False/.test(text)) throw invalid(path, 'is in Fortran order: save it in C order');
  const shape = /'shape':\s*\((\d{1,15}),\s*(\d{1,15})\s*,?\)/.exec(text);
  if (shape === null) throw invalid(path, 'is no matrix: its shape must be (rows, numbers)');
  return { type, rows: Number(shape[1]), columns: Number(shape[2]) };
}

async function readInto<A extends Float32Array | Float64Array>(
  path: string,
  make: (length: number) => A,
): Promise<{ readonly rows: number; readonly columns: number; readonly data: A }> {
  const bytes = await readInput(path, largestFile, 'source-invalid');
  const { text, end } = headerOf(bytes, path);
  const { type, rows, columns } = shapeOf(text, path);
  if (end + rows * columns * type.bytes !== bytes.length)
    throw invalid(path, `should have ${rows} x ${columns} numbers after its header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + end);
  const data = make(rows * columns);
  for (let at = 0; at < data.length; at += 1) data[at] = type.read(view, at * type.bytes);
  return { rows, columns, data };
}

/**
 * Reads a `.npy` file of `float32[N,D]` or `float64[N,D]` (rounded to float32), little-endian, in C order.
 * @throws SnapshelfError `source-invalid` for anything else
 */
export const readNpy = (path: string): Promise<Matrix> =>
  readInto(path, (length) => new Float32Array(length));

/** A matrix of float64, row by row. */
export interface DoubleMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/**
 * Reads a `.npy` file of `float32[N,D]` or `float64[N,D]` without rounding.
 * @throws SnapshelfError `source-invalid` for anything else
 */
export const readNpyDoubles = (path: string): Promise<DoubleMatrix> =>
  readInto(path, (length) => new Float64Array(length));

/**
 * Makes the beginning of a `.npy` file of `float32[N,D]`, version 1. The little-endian numbers follow, row by row.
 * @param bytes Its length, at least 128: the header is padded with spaces.
 */
export function npyHeader(rows: number, columns: number, bytes: number): Buffer {
  const literal = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const header = Buffer.from(`${magic}\x01\x00\0\0${literal.padEnd(bytes - 11)}\n`, 'latin1');
  header.writeUInt16LE(bytes - 10, 8);
  return header;
}
