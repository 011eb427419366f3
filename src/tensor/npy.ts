import type { FileHandle } from 'node:fs/promises';
import { endianness } from 'node:os';
import { SnapshelfError } from '../errors.ts';
// Not from the room's index, which loads SQLite.
import { openFile } from '../files/read.ts';
import { float16ToNumber } from './float16.ts';

// NumPy's file format, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html: a magic string, the version,
// the length of the header, the header as a Python literal, the numbers.

/** A matrix, row by row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

const magic = '\x93NUMPY';
/** Bytes of the magic string, the version and the length of a header at most. */
const longestPrefix = 12;

/** Bytes of a file that is read whole. */
const largestFile = 2 ** 31 - 1;
/** Bytes of a header; NumPy's own readers take 10,000. */
const largestHeader = 2 ** 16;

interface NumberType {
  readonly bytes: number;
  read(view: DataView, at: number): number;
}

const numberTypes: Readonly<Record<string, NumberType>> = {
  '<f2': { bytes: 2, read: (view, at) => halves()[view.getUint16(at, true)] as number },
  '<f4': { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  '<f8': { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};

let halvesMade: Float32Array | undefined;

/** Every float16 by its bits: a table is many times faster than the arithmetic. */
function halves(): Float32Array {
  halvesMade ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => float16ToNumber(bits));
  return halvesMade;
}

const invalid = (path: string, why: string): SnapshelfError =>
  new SnapshelfError('source-invalid', `${path} ${why}.`);

interface Shape {
  readonly type: NumberType;
  readonly rows: number;
  readonly columns: number;
  /** Bytes before the numbers. */
  readonly start: number;
}

/** Returns where the header's text is, for the versions 1 to 3. */
function headerPlace(bytes: Buffer, path: string): { readonly start: number; readonly end: number } {
  if (bytes.length < longestPrefix || bytes.toString('latin1', 0, 6) !== magic)
    throw invalid(path, 'is no .npy file');
  const isFirstVersion = bytes[6] === 1;
  const start = isFirstVersion ? 10 : longestPrefix;
  const length = isFirstVersion ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  if (length > largestHeader) throw invalid(path, `has a header of ${length} bytes`);
  return { start, end: start + length };
}

/** Reads the header, which `bytes` begin with, of a file of `size` bytes. */
function shapeOf(bytes: Buffer, size: number, path: string): Shape {
  const { start, end } = headerPlace(bytes, path);
  if (end > bytes.length) throw invalid(path, 'is cut off');
  const text = bytes.toString('latin1', start, end);
  const name = /'descr':\s*'([^']*)'/.exec(text)?.[1] ?? '';
  const type = Object.hasOwn(numberTypes, name) ? numberTypes[name] : undefined;
  if (type === undefined)
    throw invalid(
      path,
      `holds numbers of type ${JSON.stringify(name)} instead of float16, float32 or float64`,
    );
  if (!/'fortran_order':\s*False/.test(text)) throw invalid(path, 'is in Fortran order: save it in C order');
  const shape = /'shape':\s*\((\d{1,15}),\s*(\d{1,15})\s*,?\)/.exec(text);
  if (shape === null) throw invalid(path, 'is no matrix: its shape must be (rows, numbers)');
  const rows = Number(shape[1]);
  const columns = Number(shape[2]);
  if (end + rows * columns * type.bytes !== size)
    throw invalid(path, `should have ${rows} x ${columns} numbers after its header`);
  return { type, rows, columns, start: end };
}

/** True where the bytes of numbers in memory are those of the file. */
const isLittleEndian = endianness() === 'LE';

function decode<A extends Float32Array | Float64Array>(bytes: Buffer, type: NumberType, into: A): A {
  if (isLittleEndian && type.bytes === into.BYTES_PER_ELEMENT) {
    new Uint8Array(into.buffer, into.byteOffset, into.byteLength).set(bytes.subarray(0, into.byteLength));
    return into;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < into.length; at += 1) into[at] = type.read(view, at * type.bytes);
  return into;
}

/**
 * Reads the bytes of a `.npy` file of `[N,D]` float32, float16 or float64 (rounded to float32), little-endian, in C order.
 * @param subject what a message calls it
 * @throws SnapshelfError `source-invalid` for anything else
 */
export function parseNpy(bytes: Uint8Array, subject: string): Matrix {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { type, rows, columns, start } = shapeOf(buffer, buffer.length, subject);
  return { rows, columns, data: decode(buffer.subarray(start), type, new Float32Array(rows * columns)) };
}

/** An open `.npy` file of `[N,D]` float32, float16 or float64, which is read some rows at a time, however large it is. */
export class NpyFile implements AsyncDisposable {
  readonly rows: number;
  readonly columns: number;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #shape: Shape;

  private constructor(path: string, file: FileHandle, shape: Shape) {
    this.rows = shape.rows;
    this.columns = shape.columns;
    this.#path = path;
    this.#file = file;
    this.#shape = shape;
  }

  /**
   * Opens a file and checks its header against its size.
   * @param largest most bytes that it may have. Default: any number
   * @throws SnapshelfError `source-invalid`.
   */
  static async open(path: string, largest: number = Number.MAX_SAFE_INTEGER): Promise<NpyFile> {
    const { file, size } = await openFile(path, largest).catch((cause: Error) => {
      throw new SnapshelfError('source-invalid', `${path} cannot be read: ${cause.message}.`, {
        cause,
      });
    });
    try {
      const beginning = await readAt(file, 0, Math.min(size, longestPrefix + largestHeader));
      return new NpyFile(path, file, shapeOf(beginning, size, path));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Reads `count` rows from the row `first` on, `float32[count,D]`. @throws SnapshelfError `source-invalid` if the file was cut meanwhile. */
  read(first: number, count: number): Promise<Float32Array<ArrayBuffer>> {
    return this.#readInto(first, new Float32Array(count * this.columns));
  }

  /** Reads all rows without rounding, `float64[N,D]`. @throws SnapshelfError as `read`. */
  readDoubles(): Promise<Float64Array<ArrayBuffer>> {
    return this.#readInto(0, new Float64Array(this.rows * this.columns));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file.close();
  }

  async #readInto<A extends Float32Array | Float64Array>(first: number, into: A): Promise<A> {
    const { type, start } = this.#shape;
    const length = into.length * type.bytes;
    const bytes = await readAt(this.#file, start + first * this.columns * type.bytes, length);
    if (bytes.length < length) throw invalid(this.#path, 'was cut off while it was read');
    return decode(bytes, type, into);
  }
}

/** Reads bytes of a file, fewer where it ends. */
async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read, position + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}

/**
 * Reads a `.npy` file of `[N,D]` float32, float16 or float64 (rounded to float32), little-endian, in C order.
 * @throws SnapshelfError `source-invalid` for anything else
 */
export async function readNpy(path: string): Promise<Matrix> {
  await using file = await NpyFile.open(path, largestFile);
  const { rows, columns } = file;
  return { rows, columns, data: await file.read(0, rows) };
}

/** A matrix of float64, row by row. */
export interface DoubleMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/**
 * Reads a `.npy` file of `[N,D]` float32, float16 or float64 without rounding.
 * @throws SnapshelfError `source-invalid` for anything else
 */
export async function readNpyDoubles(path: string): Promise<DoubleMatrix> {
  await using file = await NpyFile.open(path, largestFile);
  const { rows, columns } = file;
  return { rows, columns, data: await file.readDoubles() };
}

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
