import { SnapshelfError } from '../../errors.ts';
import { shown } from '../../json/index.ts';
// Not from the rooms' indexes: the parser threads need neither a runtime nor a database.
import {
  type BadLine,
  isBadLine,
  linesIn,
  OnceOnly,
  type VectorItem,
  VectorItemReader,
} from '../../retrieval/vectors/vector-items.ts';
import { parseNpy } from '../../tensor/npy.ts';
import { counted } from '../../text.ts';

/** The files of a request of vectors. */
export interface VectorFiles {
  /** `float32[N,D]`, little-endian, or a `.npy` file. */
  readonly vectors: Uint8Array;
  /** JSON Lines. */
  readonly items: Uint8Array;
}

/** The rules that rows must keep. */
export interface VectorRules {
  /** Numbers per vector. */
  readonly dimension: number;
  /** Most rows. */
  readonly most: number;
}

/** The rows of a request. */
export interface ReadRows {
  readonly items: readonly (VectorItem | BadLine)[];
  /** `float32[N,D]`. */
  readonly vectors: Float32Array;
  /** Sentences about what was read otherwise than it was sent. */
  readonly notes: readonly string[];
}

const refuse = (what: string): never => {
  throw new SnapshelfError('request-invalid', `${what} Nothing was stored.`);
};

/** Reads the numbers of a `.npy` file, or of a file that has nothing else. */
function numbersOf(bytes: Uint8Array, dimension: number): Float32Array {
  const isNpy = Buffer.from(bytes.subarray(0, 6)).toString('latin1') === '\x93NUMPY';
  if (isNpy) {
    const { columns, data } = parseNpy(bytes, 'The file "vectors"');
    if (columns === dimension) return data;
    throw new SnapshelfError(
      'dimension-mismatch',
      `The vectors have ${counted(columns, 'number')}, the collection takes ${dimension}. Nothing was stored.`,
      { details: { given: columns, expected: dimension } },
    );
  }
  if (bytes.length % (4 * dimension) !== 0)
    refuse(
      `The file "vectors" has ${counted(bytes.length, 'byte')}, no multiple of the ${4 * dimension} of a vector of ${dimension} float32.`,
    );
  const numbers = new Float32Array(bytes.length / 4);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < numbers.length; at += 1) numbers[at] = view.getFloat32(4 * at, true);
  return numbers;
}

/**
 * Reads the rows of a request of vectors.
 * @throws SnapshelfError `request-invalid` if the files do not belong together or an id occurs twice, `dimension-mismatch`,
 * `source-invalid` for a malformed `.npy` file.
 */
export function readVectorRows(files: VectorFiles, { dimension, most }: VectorRules): ReadRows {
  const vectors = numbersOf(files.vectors, dimension);
  const rows = vectors.length / dimension;
  if (rows > most)
    refuse(`The request has ${counted(rows, 'vector')}, more than the ${most} that are allowed.`);
  const reader = new VectorItemReader();
  const once = new OnceOnly();
  const items: (VectorItem | BadLine)[] = [];
  for (const line of linesIn(files.items)) {
    const item = reader.read(line);
    if (item === undefined) continue;
    if (!isBadLine(item) && once.earlier(item.id, items.length) !== undefined)
      refuse(`The item id ${shown(item.id)} occurs twice in the request.`);
    items.push(item);
    if (items.length > rows) break;
  }
  if (items.length === rows) return { items, vectors, notes: reader.notes() };
  const count = items.length > rows ? `more than ${rows}` : String(items.length);
  return refuse(
    `The request has ${counted(rows, 'vector')}, but ${count} of the lines of items: line i belongs to row i.`,
  );
}
