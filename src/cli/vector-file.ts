import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { endianness } from 'node:os';
import { extname } from 'node:path';

/** Bytes kept for the header, which is written last because it holds the number of rows. Both formats allow padding. */
const headerBytes = 256;

type Header = (rows: number, dimension: number) => string;

/** NumPy's format, version 1.0: magic, header length, a Python literal padded with spaces. */
const npy: Header = (rows, dimension) => {
  const literal = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${dimension}), }`;
  const length = headerBytes - 10;
  return `\x93NUMPY\x01\x00${String.fromCharCode(length & 255, length >> 8)}${literal.padEnd(length - 1)}\n`;
};

/** safetensors: header length as uint64, JSON padded with spaces; one tensor named `embeddings`. */
const safetensors: Header = (rows, dimension) => {
  const tensor = { dtype: 'F32', shape: [rows, dimension], data_offsets: [0, 4 * rows * dimension] };
  const length = headerBytes - 8;
  return `${String.fromCharCode(length & 255, length >> 8)}\0\0\0\0\0\0${JSON.stringify({ embeddings: tensor }).padEnd(length)}`;
};

const formats: Readonly<Record<string, Header>> = { '.npy': npy, '.safetensors': safetensors };

/** The endings that a vector file may have. */
export const vectorFileEndings: readonly string[] = Object.keys(formats);

/**
 * Writes `float32[N,D]` row by row to a `.npy` or `.safetensors` file (tensor `embeddings`), so that memory does not
 * grow with N. The file appears under its name only when `finish` is called.
 */
export class VectorFile {
  readonly #path: string;
  readonly #header: Header;
  readonly #file: FileHandle;
  #rows = 0;
  #dimension = 0;

  private constructor(path: string, header: Header, file: FileHandle) {
    this.#path = path;
    this.#header = header;
    this.#file = file;
  }

  /** Starts a file. Throws a `RangeError` when its ending is not one of `vectorFileEndings`. */
  static async create(path: string): Promise<VectorFile> {
    const header = formats[extname(path).toLowerCase()];
    if (header === undefined)
      throw new RangeError(`--out must end in ${vectorFileEndings.join(' or ')}: ${path}`);
    if (endianness() !== 'LE')
      throw new RangeError('vector files can only be written on a little-endian machine');
    const file = await open(`${path}.part`, 'w');
    await file.write(new Uint8Array(headerBytes));
    return new VectorFile(path, header, file);
  }

  async append(vector: Float32Array): Promise<void> {
    this.#rows += 1;
    this.#dimension = vector.length;
    await this.#file.write(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
  }

  /** Writes the header, syncs and gives the file its name. */
  async finish(): Promise<void> {
    await this.#file.write(
      Buffer.from(this.#header(this.#rows, this.#dimension), 'latin1'),
      0,
      headerBytes,
      0,
    );
    await this.#file.sync();
    await this.#file.close();
    await rename(`${this.#path}.part`, this.#path);
  }

  /** Throws away what was written. */
  async discard(): Promise<void> {
    await this.#file.close();
    await rm(`${this.#path}.part`, { force: true });
  }
}
