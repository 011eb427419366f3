import { SnapshelfError } from '../../errors.ts';
import { readFileWithin } from '../../files/index.ts';
import { shown } from '../../json/index.ts';

/** A matrix of a file, row by row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

const readers: Readonly<
  Record<string, { readonly bytes: number; read(view: DataView, at: number): number }>
> = {
  '<f4': { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  '<f8': { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};

const invalid = (path: string, why: string): SnapshelfError =>
  new SnapshelfError('source-invalid', `${path} ${why}.`);

/** Bytes of a file: what Node reads in one piece. */
const largestFile = 2 ** 31 - 1;
/** Bytes of its header; NumPy's own readers take 10,000. */
const largestHeader = 2 ** 16;

interface Header {
  readonly text: string;
  readonly end: number;
}

/** The header of NumPy's format, versions 1 to 3: magic, version, length, a Python literal. */
function headerOf(bytes: Buffer, path: string): Header {
  if (bytes.length < 12 || bytes.toString('latin1', 0, 6) !== '\x93NUMPY')
    throw invalid(path, 'is no .npy file');
  const [start, length] = bytes[6] === 1 ? [10, bytes.readUInt16LE(8)] : [12, bytes.readUInt32LE(8)];
  if (length > largestHeader) throw invalid(path, `has a header of ${length} bytes`);
  if (start + length > bytes.length) throw invalid(path, 'is cut off');
  return { text: bytes.toString('latin1', start, start + length), end: start + length };
}

/**
 * Reads a `.npy` file of `float32[N,D]` or `float64[N,D]` (rounded to float32), little-endian, in C order.
 * @throws SnapshelfError `source-invalid` for anything else.
 */
export async function readNpy(path: string): Promise<Matrix> {
  const bytes = await readFileWithin(path, largestFile).catch((cause: Error) => {
    throw new SnapshelfError('source-invalid', `${path} cannot be read: ${cause.message}.`, { cause });
  });
  const { text, end } = headerOf(bytes, path);
  const type = /'descr':\s*'([^']*)'/.exec(text)?.[1] ?? '';
  const reader = Object.hasOwn(readers, type) ? readers[type] : undefined;
  if (reader === undefined)
    throw invalid(path, `holds numbers of type ${shown(type)} instead of float32 or float64`);
  if (!/'fortran_order':\s*False/.test(text)) throw invalid(path, 'is in Fortran order: save it in C order');
  const shape = /'shape':\s*\((\d{1,15}),\s*(\d{1,15})\s*,?\)/.exec(text);
  if (shape === null) throw invalid(path, 'is no matrix: its shape must be (rows, numbers)');
  const [rows, columns] = [Number(shape[1]), Number(shape[2])];
  if (end + rows * columns * reader.bytes !== bytes.length)
    throw invalid(path, `should have ${rows} x ${columns} numbers after its header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + end);
  const data = new Float32Array(rows * columns);
  for (let at = 0; at < data.length; at += 1) data[at] = reader.read(view, at * reader.bytes);
  return { rows, columns, data };
}
