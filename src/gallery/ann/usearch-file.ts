import { readSyncInto, withFileSync } from '../../files/index.ts';
import type { GraphShape } from './graph.ts';
import { slotOf } from './usearch-keys.ts';

/** Rows and bytes per row of the vectors. */
const matrixBytes = 8;
const headBytes = 64;
const graphHeaderBytes = 40;
/** Of a node: its key and its highest level. */
const nodeHeadBytes = 10;
/** usearch's numbers of metrics and of types of numbers (`index_plugins.hpp`). */
const kinds = { ip: 0x69, l2sq: 0x65, f32: 11, f16: 12, key: 14, slot: 15 };
/** Bytes of nodes read at a time. */
const blockBytes = 4 * 2 ** 20;

type Shape = Omit<GraphShape, 'nodes'>;

const scalarBytes = ({ l2 }: Shape): number => (l2 ? 4 : 2);
/** The bytes of a list of at most `links`, and its count. */
const listBytes = (links: number): number => 4 * (links + 1);

/** The least bytes of a node in the graph's file: its vector, its level twice, its key, its links on the lowest level. */
export const usearchNodeBytes = (shape: Shape): number =>
  scalarBytes(shape) * shape.dimension + 2 + nodeHeadBytes + listBytes(2 * shape.m);

/**
 * Checks a file that usearch 2 wrote, as hnswlib's is: usearch follows every link without a look at where it leads. Returns
 * what is wrong. The layout (`save_to_stream` in index_dense.hpp and index.hpp): rows and bytes per row, the vectors, a head
 * that begins with "usearch", a header, the highest level of every node (int16), then every node: key, level, and its links
 * by level, each a count (uint32) and room for all that there may be.
 */
export function checkUsearchFile(path: string, shape: GraphShape): string | undefined {
  return withFileSync(path, Number.MAX_SAFE_INTEGER, (file, size) => {
    const start = matrixBytes + shape.nodes * scalarBytes(shape) * shape.dimension;
    const levelsStart = start + headBytes + graphHeaderBytes;
    const nodesStart = levelsStart + 2 * shape.nodes;
    if (size < nodesStart) return 'the graph ends among its vectors';
    const fault = headProblem(readAt(file, 0, matrixBytes), readAt(file, start, headBytes), shape);
    if (fault !== undefined) return fault;
    const header = readAt(file, start + headBytes, graphHeaderBytes);
    const levels = new Int16Array(readAt(file, levelsStart, 2 * shape.nodes).buffer);
    return (
      headerProblem(header, levels, shape) ?? nodesProblem({ file, size, start: nodesStart, levels, shape })
    );
  });
}

function headProblem(matrix: DataView, head: DataView, shape: GraphShape): string | undefined {
  const { nodes, dimension, l2 } = shape;
  const magic = Array.from({ length: 7 }, (_, i) => String.fromCharCode(head.getUint8(i))).join('');
  const found = [
    matrix.getUint32(0, true),
    matrix.getUint32(4, true),
    magic,
    head.getUint16(7, true),
    head.getUint8(13),
    head.getUint8(14),
    head.getUint8(15),
    head.getUint8(16),
    numberAt(head, 17),
    numberAt(head, 25),
    numberAt(head, 33),
    head.getUint8(41),
  ];
  const expected = [
    nodes,
    scalarBytes(shape) * dimension,
    'usearch',
    2,
    l2 ? kinds.l2sq : kinds.ip,
    l2 ? kinds.f32 : kinds.f16,
    kinds.key,
    kinds.slot,
    nodes,
    0,
    dimension,
    0,
  ];
  // Versions before 2.10 numbered the types otherwise.
  const isReadable = found.every((value, i) => value === expected[i]) && head.getUint16(9, true) >= 10;
  return isReadable ? undefined : 'the head of the graph does not fit its manifest';
}

/** A search begins at the entry, on the highest level that there is. */
function headerProblem(header: DataView, levels: Int16Array, { nodes, m }: GraphShape): string | undefined {
  if (!levels.every((level) => level >= 0 && level <= 255)) return 'the graph has a node on no level';
  const sizes = [numberAt(header, 0), numberAt(header, 8), numberAt(header, 16)];
  if (sizes[0] !== nodes || sizes[1] !== m || sizes[2] !== 2 * m)
    return 'the header of the graph does not fit its manifest';
  if (nodes === 0) return undefined;
  const highest = levels.reduce((most, level) => Math.max(most, level), 0);
  if (levels[numberAt(header, 32)] === highest && numberAt(header, 24) === highest) return undefined;
  return 'the graph starts at a node that is not there, or not on its highest level';
}

interface Nodes {
  readonly file: number;
  readonly size: number;
  /** The offset of the first node. */
  readonly start: number;
  readonly levels: Int16Array;
  readonly shape: GraphShape;
}

/** Every key is there once, and links on a level lead to nodes that are on that level. */
function nodesProblem({ file, size, start, levels, shape }: Nodes): string | undefined {
  const { nodes, m } = shape;
  const seen = new Uint8Array(nodes);
  const bytesOf = (level: number): number => nodeHeadBytes + listBytes(2 * m) + level * listBytes(m);
  let offset = start;
  let block = new DataView(new ArrayBuffer(0));
  let at = 0;
  for (const level of levels) {
    const bytes = bytesOf(level);
    if (offset + bytes > size) return 'the graph ends among its nodes';
    if (at + bytes > block.byteLength) {
      block = readAt(file, offset, Math.min(size - offset, Math.max(bytes, blockBytes)));
      at = 0;
    }
    const slot = slotOf(block.getUint32(at, true), block.getUint32(at + 4, true));
    if (seen[slot] !== 0) return 'the graph numbers its nodes otherwise';
    seen[slot] = 1;
    if (block.getInt16(at + 8, true) !== level) return 'the graph has a node on two highest levels';
    if (!areLinksSafe(block, at + nodeHeadBytes, level, levels, m))
      return 'the graph has links that lead nowhere';
    offset += bytes;
    at += bytes;
  }
  return offset === size ? undefined : 'the graph has another length than its lists ask for';
}

/** True if every list of a node has its room, and its links lead to nodes of the list's level. */
function areLinksSafe(
  view: DataView,
  start: number,
  highest: number,
  levels: Int16Array,
  m: number,
): boolean {
  let at = start;
  for (let level = 0; level <= highest; level++) {
    const most = level === 0 ? 2 * m : m;
    const count = view.getUint32(at, true);
    if (count > most) return false;
    for (let i = 1; i <= most; i++) {
      const link = view.getUint32(at + 4 * i, true);
      // Room that is not used is zero: usearch throws where it is not, which ends the process in a thread of its own.
      const isSafe = i <= count ? (levels[link] ?? -1) >= level : link === 0;
      if (!isSafe) return false;
    }
    at += listBytes(most);
  }
  return true;
}

const numberAt = (view: DataView, offset: number): number => Number(view.getBigUint64(offset, true));

/** Reads so many bytes of the file. @throws Error if it ends before. */
function readAt(file: number, position: number, bytes: number): DataView<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(bytes));
  if (readSyncInto(file, position, view) < bytes) throw new Error('The file ends too early.');
  return view;
}
