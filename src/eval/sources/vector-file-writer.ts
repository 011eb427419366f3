import { type FileHandle, open, rm } from 'node:fs/promises';
import { endianness } from 'node:os';
import { extname } from 'node:path';
import { fileError, renameDurably } from '../../files/index.ts';
import { npyHeader } from './npy.ts';

/** Bytes kept for the header, which is written last because it has the number of rows. Both formats allow padding. */
const headerBytes = 256;

type Header = (rows: number, columns: number) => Buffer;

/** A safetensors file begins with the length of its header as uint64; one tensor named `embeddings`. */
function safetensorsHeader(rows: number, columns: number): Buffer {
  const tensor = { dtype: 'F32', shape: [rows, columns], data_offsets: [0, 4 * rows * columns] };
  const header = Buffer.alloc(headerBytes, ' ');
  header.writeBigUInt64LE(BigInt(headerBytes - 8));
  header.write(JSON.stringify({ embeddings: tensor }), 8);
  return header;
}

const formats: Readonly<Record<string, Header>> = {
  '.npy': (rows, columns) => npyHeader(rows, columns, headerBytes),
  '.safetensors': safetensorsHeader,
};

/**
 * Writes `float32[N,D]` row by row to a `.npy` or `.safetensors` file (tensor `embeddings`), so that memory does not grow
 * with N. The file appears under its name only when `finish` is called.
 * @example
 * ```ts
 * import { VectorFileWriter } from 'snapshelf/evaluate';
 *
 * const file = await VectorFileWriter.create('features.npy');
 * await file.append(new Float32Array([0.6, 0.8]));
 * await file.finish();
 * ```
 */
export class VectorFileWriter {
  readonly #path: string;
  readonly #header: Header;
  readonly #file: FileHandle;
  #rows = 0;
  #columns = 0;

  private constructor(path: string, header: Header, file: FileHandle) {
    this.#path = path;
    this.#header = header;
    this.#file = file;
  }

  /**
   * Starts a file.
   * @throws RangeError If its name ends in neither `.npy` nor `.safetensors`, or on a big-endian machine.
   * @throws SnapshelfError `disk-full`, `not-writable`
   */
  static async create(path: string): Promise<VectorFileWriter> {
    const header = formats[extname(path).toLowerCase()];
    if (header === undefined)
      throw new RangeError(`The file must end in ${Object.keys(formats).join(' or ')}, not be ${path}.`);
    if (endianness() !== 'LE')
      throw new RangeError('Vector files can only be written on a little-endian machine.');
    return writing(path, async () => {
      const file = await open(`${path}.part`, 'w');
      await file.write(new Uint8Array(headerBytes));
      return new VectorFileWriter(path, header, file);
    });
  }

  /**
   * Appends a row, `float32[D]`.
   * @throws SnapshelfError `disk-full`
   */
  async append(vector: Float32Array): Promise<void> {
    this.#rows += 1;
    this.#columns = vector.length;
    const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
    await writing(this.#path, () => this.#file.write(bytes));
  }

  /**
   * Writes the header, syncs and gives the file its name.
   * @throws SnapshelfError `disk-full`, `not-writable`
   */
  async finish(): Promise<void> {
    const header = this.#header(this.#rows, this.#columns);
    await writing(this.#path, async () => {
      await this.#file.write(header, 0, headerBytes, 0);
      await this.#file.sync();
      await this.#file.close();
      await renameDurably(`${this.#path}.part`, this.#path);
    });
  }

  /** Removes the unfinished file. */
  async discard(): Promise<void> {
    await this.#file.close();
    await rm(`${this.#path}.part`, { force: true });
  }
}

/** Does work on a file, with the errors of writing it. */
async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(error, path);
  }
}
