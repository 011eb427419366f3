import { SnapshelfError } from '../../errors.ts';
import { readInput, sha256 } from '../../files/index.ts';
import { shown } from '../../json/index.ts';
import { type DoubleMatrix, type Matrix, readNpy, readNpyDoubles } from '../../tensor/index.ts';
import { counted, decodeUtf8, Trimmer } from '../../text.ts';
import { orderById } from '../../vectors/index.ts';
import { readSafetensors } from '../../weights/index.ts';
import type { LabelledVectors } from '../types.ts';

/** Files with vectors of any model. */
export interface VectorFiles {
  /** `.npy`, or `.safetensors` with one tensor or one named `embeddings`: `float32[N,D]`. */
  readonly vectors: string;
  /** Text, line i is the label of row i. */
  readonly labels: string;
  /** Text, line i is the id of row i: unique. Default: the number of the row. */
  readonly ids?: string | undefined;
}

/** Vectors with sentences about what was read otherwise than written, such as blanks that were removed. */
export interface NotedVectors extends LabelledVectors {
  readonly notes: readonly string[];
}

const invalid = (message: string): SnapshelfError => new SnapshelfError('source-invalid', message);

async function readMatrix(path: string): Promise<Matrix> {
  if (/\.npy$/i.test(path)) return readNpy(path);
  if (!/\.safetensors$/i.test(path)) throw invalid(`${path} must be a .npy or a .safetensors file.`);
  const { tensors } = await readSafetensors(path);
  const tensor = tensors.get('embeddings') ?? (tensors.size === 1 ? [...tensors.values()][0] : undefined);
  const [rows, columns, ...others] = tensor?.dims ?? [];
  if (tensor?.dataType !== 'float32' || rows === undefined || columns === undefined || others.length > 0)
    throw invalid(`${path} has no tensor "embeddings" of float32 with two axes.`);
  return { rows, columns, data: tensor.data as Float32Array };
}

/** Bytes of a text file with one label or id per line. */
const largestText = 2 ** 28;

/** Reads at most `most + 1` lines of a text file, without an empty one at the end. */
async function readLines(path: string, most: number): Promise<string[]> {
  const text = decodeUtf8(await readInput(path, largestText, 'source-invalid'), path);
  // Without a limit, a file of nothing but line ends would take eight times its size.
  const lines = text.split(/\r?\n/, most + 2);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** The texts of the rows of a matrix, and those of them that were trimmed. */
interface Names {
  readonly rows: number;
  readonly trimmer: Trimmer;
}

async function readNames(path: string, what: string, { rows, trimmer }: Names): Promise<string[]> {
  const lines = await readLines(path, rows);
  if (lines.length > rows) throw invalid(`${path} has more ${what} than the ${rows} vectors.`);
  if (lines.length < rows)
    throw invalid(`${path} has ${lines.length} ${what} for ${counted(rows, 'vector')}.`);
  return lines.map((line, at) => {
    const where = `${path}, line ${at + 1}`;
    const name = trimmer.trim(line, () => where);
    if (name === '') throw invalid(`${where} is empty.`);
    if (/\p{Cc}/u.test(name)) throw invalid(`${where} has control characters: ${shown(name)}.`);
    return name;
  });
}

function checkUnique(path: string, ids: readonly string[]): void {
  const lines = new Map<string, number>();
  for (const [at, id] of ids.entries()) {
    const before = lines.get(id);
    if (before !== undefined)
      throw invalid(
        `${path} names a row twice: ${shown(id)} is in line ${before + 1} and in line ${at + 1}.`,
      );
    lines.set(id, at);
  }
}

/** Sorts rows by id, the order in which equal distances are ranked. */
function sortedById(
  { columns, data }: Matrix,
  ids: readonly string[],
  labels: readonly string[],
): LabelledVectors {
  const order = orderById(ids);
  const vectors = new Float32Array(data.length);
  for (const [to, from] of order.entries())
    vectors.set(data.subarray(from * columns, (from + 1) * columns), to * columns);
  const pick = (values: readonly string[]): string[] => order.map((row) => values[row] ?? '');
  // Equal vectors stand for equal pictures, which are not known.
  const hashes = order.map((_, row) => {
    const { buffer, byteOffset, byteLength } = vectors.subarray(row * columns, (row + 1) * columns);
    return sha256(new Uint8Array(buffer, byteOffset, byteLength));
  });
  return { vectors, dimension: columns, ids: pick(ids), labels: pick(labels), hashes };
}

/** @throws SnapshelfError `source-invalid` that names the row of the first number that is not finite */
function checkFinite(path: string, { columns, data }: Matrix | DoubleMatrix): void {
  let bad = 0;
  while (bad < data.length && Number.isFinite(data[bad])) bad += 1;
  if (bad < data.length)
    throw invalid(`${path}, row ${Math.floor(bad / columns)} (from 0) has ${data[bad]} instead of a number.`);
}

/**
 * Reads vectors and their labels. Labels and ids have one spelling (Unicode's NFC) and no blanks at their ends.
 * @throws SnapshelfError `source-invalid` if a file is malformed or has numbers that are not finite, or if the files do
 * not belong together
 * @throws SnapshelfError `text-not-utf8` with the line
 * @throws SnapshelfError `weights-invalid`
 * @example
 * ```ts
 * import { readVectorFiles } from 'snapshelf/evaluate';
 *
 * const { vectors, dimension, labels } = await readVectorFiles({ vectors: 'gallery.npy', labels: 'gallery.txt' });
 * ```
 */
export async function readVectorFiles(files: VectorFiles): Promise<NotedVectors> {
  const matrix = await readMatrix(files.vectors);
  const { rows } = matrix;
  if (rows === 0 || matrix.columns === 0) throw invalid(`${files.vectors} has no vectors.`);
  checkFinite(files.vectors, matrix);
  const names = { rows, trimmer: new Trimmer() };
  const labels = await readNames(files.labels, 'labels', names);
  const width = String(rows - 1).length;
  const numbers = Array.from({ length: rows }, (_, row) => String(row).padStart(width, '0'));
  const ids = files.ids === undefined ? numbers : await readNames(files.ids, 'ids', names);
  checkUnique(files.ids ?? files.vectors, ids);
  return { ...sortedById(matrix, ids, labels), notes: names.trimmer.notes() };
}

/** Vectors and the label of each, in the order of the files. */
export interface LabelledTable {
  readonly vectors: Float64Array;
  readonly dimension: number;
  readonly labels: readonly string[];
  /** Sentences about what was read otherwise than written. */
  readonly notes: readonly string[];
}

/**
 * Reads vectors and their labels as float64, for measures of the vectors themselves.
 * @throws SnapshelfError as `readVectorFiles`
 * @example
 * ```ts
 * import { readLabelledTable } from 'snapshelf/evaluate';
 *
 * const { vectors, dimension, labels } = await readLabelledTable({ vectors: 'V.npy', labels: 'V.npy.labels.txt' });
 * console.log(labels.length, dimension, vectors.length);
 * ```
 */
export async function readLabelledTable(files: Omit<VectorFiles, 'ids'>): Promise<LabelledTable> {
  const { vectors: path } = files;
  const matrix = /\.npy$/i.test(path) ? await readNpyDoubles(path) : await readMatrix(path);
  const { rows, columns, data } = matrix;
  if (rows === 0 || columns === 0) throw invalid(`${path} has no vectors.`);
  checkFinite(path, matrix);
  const names = { rows, trimmer: new Trimmer() };
  const labels = await readNames(files.labels, 'labels', names);
  return { vectors: Float64Array.from(data), dimension: columns, labels, notes: names.trimmer.notes() };
}
