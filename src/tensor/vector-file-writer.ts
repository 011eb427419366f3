import { endianness } from 'node:os';
import { extname } from 'node:path';
import { GrowingFile } from '../files/index.ts';
import { npyHeader } from './npy.ts';

/** Bytes kept for the header, which is written last because it has the number of rows. Both formats allow padding. */
const headerBytes = 256;

/** A format of a file of vectors. */
interface Format {
  /** Makes the header, in a format that has one. */
  readonly header?: (rows: number, columns: number) => Buffer;
  /** Makes the bytes of a row. */
  readonly row: (vector: Float32Array) => Uint8Array;
}

const binaryRow = (vector: Float32Array): Uint8Array =>
  new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);

/** Nine digits tell every float32 from its neighbours. */
const textRow = (vector: Float32Array): Uint8Array =>
  Buffer.from(`${Array.from(vector, (value) => Number(value.toPrecision(9))).join('\t')}\n`);

/** A safetensors file begins with the length of its header as uint64; one tensor named `embeddings`. */
function safetensorsHeader(rows: number, columns: number): Buffer {
  const tensor = { dtype: 'F32', shape: [rows, columns], data_offsets: [0, 4 * rows * columns] };
  const header = Buffer.alloc(headerBytes, ' ');
  header.writeBigUInt64LE(BigInt(headerBytes - 8));
  header.write(JSON.stringify({ embeddings: tensor }), 8);
  return header;
}

const formats: Readonly<Record<string, Format>> = {
  '.npy': { header: (rows, columns) => npyHeader(rows, columns, headerBytes), row: binaryRow },
  '.safetensors': { header: safetensorsHeader, row: binaryRow },
  '.tsv': { row: textRow },
};

/**
 * Writes `float32[N,D]` row by row to a `.npy` file, a `.safetensors` file (tensor `embeddings`) or a `.tsv` file (text, as
 * the Embedding Projector reads it), so that memory does not grow with N. The file appears under its name only when `finish` is called.
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
  readonly #format: Format;
  readonly #file: GrowingFile;
  #rows = 0;
  #columns: number;

  private constructor(format: Format, file: GrowingFile, columns: number) {
    this.#format = format;
    this.#file = file;
    this.#columns = columns;
  }

  /**
   * Starts a file.
   * @param columns The length of its rows, for a file that may have none. Default 0.
   * @throws RangeError If its name ends in none of `.npy`, `.safetensors` and `.tsv`, or on a big-endian machine.
   * @throws SnapshelfError `disk-full`, `not-writable`
   */
  static async create(path: string, columns = 0): Promise<VectorFileWriter> {
    const format = formats[extname(path).toLowerCase()];
    if (format === undefined)
      throw new RangeError(`The file must end in ${Object.keys(formats).join(' or ')}, not be ${path}.`);
    if (endianness() !== 'LE')
      throw new RangeError('Vector files can only be written on a little-endian machine.');
    const file = await GrowingFile.create(path);
    if (format.header !== undefined) await file.append(new Uint8Array(headerBytes));
    return new VectorFileWriter(format, file, columns);
  }

  /**
   * Appends a row, `float32[D]`.
   * @throws SnapshelfError `disk-full`
   */
  async append(vector: Float32Array): Promise<void> {
    this.#rows += 1;
    this.#columns = vector.length;
    await this.#file.append(this.#format.row(vector));
  }

  /**
   * Writes the header, if the format has one, syncs and gives the file its name.
   * @throws SnapshelfError `disk-full`, `not-writable`
   */
  async finish(): Promise<void> {
    const header = this.#format.header?.(this.#rows, this.#columns);
    if (header !== undefined) await this.#file.overwriteStart(header);
    await this.#file.finish();
  }

  /** Removes the unfinished file. */
  discard(): Promise<void> {
    return this.#file.discard();
  }
}
