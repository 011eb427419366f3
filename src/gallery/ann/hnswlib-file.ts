import { readSyncInto, withFileSync } from '../../files/index.ts';
import type { GraphShape } from './graph.ts';

const headerBytes = 96;
/** The entry of a graph without nodes. */
const noEntry = 0xffffffff;

/** The nodes of a graph's file that carry hnswlib's mark of deletion, or what is wrong with the file. */
export type CheckedGraph = { readonly problem: string } | { readonly marked: readonly number[] };

/**
 * Checks a file that hnswlib 0.8 wrote. hnswlib itself neither notices that a write fails
 * nor that a header asks for terabytes, and it follows every link without a look at where it leads: a file that
 * somebody else made could have it read, and write, anywhere in memory. The layout (`saveIndex` in hnswalg.h): a header,
 * for every node its links, vector and label, then for every node the bytes of its upper links (uint32) and these.
 */
export function checkHnswlibFile(path: string, shape: GraphShape): CheckedGraph {
  return withFileSync(path, Number.MAX_SAFE_INTEGER, (file, size) => {
    if (size < headerBytes) return { problem: 'the graph has no header' };
    const header = new DataView(new ArrayBuffer(headerBytes));
    readFully(file, header, 0);
    const headerFault = headerProblem(header, shape);
    if (headerFault !== undefined) return { problem: headerFault };
    const tailStart = headerBytes + shape.nodes * hnswlibNodeBytes(shape);
    if (tailStart > size) return { problem: 'the graph ends among its vectors' };
    const tail = new DataView(new ArrayBuffer(size - tailStart));
    readFully(file, tail, tailStart);
    const levels = levelsOf(tail, shape);
    if (typeof levels === 'string') return { problem: levels };
    const problem = entryProblem(header, levels) ?? upperProblem(tail, levels, shape);
    return problem === undefined ? checkBase(file, shape) : { problem };
  });
}

/** The bytes of a node's lists of links on the lowest level: 2M links and their count. */
const baseLinkBytes = ({ m }: { readonly m: number }): number => 4 * (2 * m + 1);
const labelBytes = 8;

/** The bytes of a node in the graph's file, but for its upper links: its links, its vector, its label. */
export const hnswlibNodeBytes = (shape: { readonly m: number; readonly dimension: number }): number =>
  baseLinkBytes(shape) + 4 * shape.dimension + labelBytes;

function headerProblem(header: DataView, shape: GraphShape): string | undefined {
  const { nodes, m, dimension, efConstruction } = shape;
  const number = (offset: number): number => Number(header.getBigUint64(offset, true));
  const nodeBytes = hnswlibNodeBytes(shape);
  const expected = {
    0: 0,
    16: nodes,
    24: nodeBytes,
    32: nodeBytes - labelBytes,
    40: nodeBytes - labelBytes - 4 * dimension,
    56: m,
    64: 2 * m,
    72: m,
    88: Math.max(m, efConstruction),
  };
  const wrong = Object.entries(expected).find(([offset, value]) => number(Number(offset)) !== value);
  // Levels are drawn with this factor: a huge one would ask for lists of gigabytes at the next insertion.
  const isDrawn = Math.abs(header.getFloat64(80, true) * Math.log(m) - 1) < 1e-9;
  if (wrong !== undefined || !isDrawn) return 'the header of the graph does not fit its manifest';
  const capacity = number(8);
  if (capacity < nodes || capacity > 2 * nodes + 2 ** 20) return `the graph claims a capacity of ${capacity}`;
  return undefined;
}

/** The highest level of each node, or what is wrong with the lists of upper links as a whole. */
function levelsOf(tail: DataView, { nodes, m }: GraphShape): Uint8Array | string {
  const levels = new Uint8Array(nodes);
  let end = 0;
  for (let node = 0; node < nodes; node++) {
    if (end + 4 > tail.byteLength) return 'the graph ends among its upper links';
    const bytes = tail.getUint32(end, true);
    const level = bytes / (4 * (m + 1));
    if (!Number.isInteger(level) || level > 255) return 'the graph has a broken list of upper links';
    levels[node] = level;
    end += 4 + bytes;
  }
  return end === tail.byteLength ? levels : 'the graph has another length than its lists ask for';
}

/** A search begins at the entry, on the highest level that there is: -1 in an empty graph. */
function entryProblem(header: DataView, levels: Uint8Array): string | undefined {
  const entry = header.getUint32(52, true);
  const highest = levels.reduce((most, level) => Math.max(most, level), -1);
  const isThere = levels.length === 0 ? entry === noEntry : levels[entry] === highest;
  if (isThere && header.getInt32(48, true) === highest) return undefined;
  return 'the graph starts at a node that is not there, or not on its highest level';
}

/** On every level above the lowest, links lead to nodes that are on that level. */
function upperProblem(tail: DataView, levels: Uint8Array, { m }: GraphShape): string | undefined {
  let at = 0;
  for (const levelsOfNode of levels) {
    at += 4;
    for (let level = 1; level <= levelsOfNode; level++) {
      const links = linksAt(tail, at, m);
      if (!links?.every((link) => (levels[link] ?? -1) >= level))
        return 'the graph has links that lead nowhere';
      at += 4 * (m + 1);
    }
  }
  return undefined;
}

/** Reads links and label of every node: what lies between two vectors. */
function checkBase(file: number, shape: GraphShape): CheckedGraph {
  const { nodes, m } = shape;
  const marked: number[] = [];
  const linkBytes = baseLinkBytes(shape);
  const links = new DataView(new ArrayBuffer(linkBytes));
  const label = new DataView(new ArrayBuffer(labelBytes));
  for (let node = 0; node < nodes; node++) {
    const start = headerBytes + node * hnswlibNodeBytes(shape);
    readFully(file, links, start);
    readFully(file, label, start + hnswlibNodeBytes(shape) - labelBytes);
    if (Number(label.getBigUint64(0, true)) !== node)
      return { problem: 'the graph numbers its nodes otherwise' };
    // The third byte of the count marks a deleted node.
    if (links.getUint8(2) > 1 || links.getUint8(3) !== 0)
      return { problem: 'the graph has a broken list of links' };
    if (!linksAt(links, 0, 2 * m)?.every((link) => link < nodes))
      return { problem: 'the graph has links that lead nowhere' };
    if (links.getUint8(2) === 1) marked.push(node);
  }
  return { marked };
}

/** The links of a list of at most `most`; undefined when it claims more. */
function linksAt(view: DataView, at: number, most: number): number[] | undefined {
  const count = view.getUint16(at, true);
  if (count > most) return undefined;
  return Array.from({ length: count }, (_, i) => view.getUint32(at + 4 * (i + 1), true));
}

/** Fills the view from the file, at `position`. @throws Error if the file ends before. */
function readFully(file: number, view: DataView, position: number): void {
  if (readSyncInto(file, position, view) < view.byteLength) throw new Error('The file ends too early.');
}
