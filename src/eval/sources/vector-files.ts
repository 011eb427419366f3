import { SnapshelfError } from '../../errors.ts';
import { readInput, sha256 } from '../../files/index.ts';
import { readSafetensors } from '../../weights/index.ts';
import type { LabelledVectors } from '../types.ts';
import { type Matrix, readNpy } from './npy.ts';

/** Files with vectors of any model. */
export interface VectorFiles {
  /** `.npy`, or `.safetensors` with one tensor or one named `embeddings`: `float32[N,D]`. */
  readonly vectors: string;
  /** Text, line i is the label of row i. */
  readonly labels: string;
  /** Text, line i is the id of row i: unique. Default: the number of the row. */
  readonly ids?: string | undefined;
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
  const bytes = await readInput(path, largestText, 'source-invalid');
  // Without a limit, a file of nothing but line ends would take eight times its size.
  const lines = bytes
    .toString('utf8')
    .replace(/^\u{feff}/u, '')
    .split(/\r?\n/, most + 2);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

async function readNames(path: string, rows: number, what: string): Promise<string[]> {
  const lines = await readLines(path, rows);
  if (lines.length > rows) throw invalid(`${path} has more ${what} than the ${rows} vectors.`);
  if (lines.length < rows) throw invalid(`${path} has ${lines.length} ${what} for ${rows} vectors.`);
  const empty = lines.indexOf('');
  if (empty >= 0) throw invalid(`${path}, line ${empty + 1} is empty.`);
  return lines;
}

/** Sorts rows by id, the order in which equal distances are ranked. */
function sortedById(
  { rows, columns, data }: Matrix,
  ids: readonly string[],
  labels: readonly string[],
): LabelledVectors {
  const order = Array.from({ length: rows }, (_, row) => row).sort((a, b) =>
    (ids[a] ?? '') < (ids[b] ?? '') ? -1 : 1,
  );
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
function checkFinite(path: string, { columns, data }: Matrix): void {
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw invalid(`${path}, row ${Math.floor(bad / columns)} (from 0) has ${data[bad]} instead of a number.`);
}

/**
 * Reads vectors and their labels.
 * @throws SnapshelfError `source-invalid` if a file is malformed or has numbers that are not finite, or if the files do
 * not belong together
 * @throws SnapshelfError `weights-invalid`
 * @example
 * ```ts
 * import { readVectorFiles } from 'snapshelf/evaluate';
 *
 * const { vectors, dimension, labels } = await readVectorFiles({ vectors: 'gallery.npy', labels: 'gallery.txt' });
 * ```
 */
export async function readVectorFiles(files: VectorFiles): Promise<LabelledVectors> {
  const matrix = await readMatrix(files.vectors);
  const { rows } = matrix;
  if (rows === 0 || matrix.columns === 0) throw invalid(`${files.vectors} has no vectors.`);
  checkFinite(files.vectors, matrix);
  const labels = await readNames(files.labels, rows, 'labels');
  const width = String(rows - 1).length;
  const numbers = Array.from({ length: rows }, (_, row) => String(row).padStart(width, '0'));
  const ids = files.ids === undefined ? numbers : await readNames(files.ids, rows, 'ids');
  if (new Set(ids).size !== rows) throw invalid(`${files.ids} names a row twice.`);
  return sortedById(matrix, ids, labels);
}
