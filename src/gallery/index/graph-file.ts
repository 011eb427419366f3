import { fstatSync } from 'node:fs';
import { readFully, withFile } from './durable-file.ts';

/** What the header of the graph's file has to say. */
export interface GraphShape {
  /** Nodes, deleted ones too. */
  readonly nodes: number;
  readonly dimension: number;
  readonly m: number;
}

const headerBytes = 96;

/**
 * What is wrong with a file that hnswlib 0.8 wrote, or undefined. hnswlib itself neither notices that a write fails
 * nor that a header asks for terabytes. The layout (`saveIndex` in hnswalg.h): a header, for every node its links,
 * vector and label, then for every node the bytes of its upper links (uint32) and these.
 */
export function graphFileProblem(path: string, shape: GraphShape): string | undefined {
  return withFile(path, 'r', (file) => {
    const { size } = fstatSync(file);
    if (size < headerBytes) return 'the graph has no header';
    const header = new DataView(new ArrayBuffer(headerBytes));
    readFully(file, header, 0);
    const problem = headerProblem(header, shape);
    if (problem !== undefined) return problem;
    const tailStart = headerBytes + shape.nodes * nodeBytes(shape);
    if (tailStart > size) return 'the graph ends among its vectors';
    const tail = new DataView(new ArrayBuffer(size - tailStart));
    readFully(file, tail, tailStart);
    return tailProblem(tail, shape);
  });
}

/** 2M links and their count, the vector, the label. */
const nodeBytes = ({ dimension, m }: GraphShape): number => 4 * (2 * m + 1) + 4 * dimension + 8;

function headerProblem(header: DataView, shape: GraphShape): string | undefined {
  const { nodes, m, dimension } = shape;
  const number = (offset: number): number => Number(header.getBigUint64(offset, true));
  const expected = {
    0: 0,
    16: nodes,
    24: nodeBytes(shape),
    32: nodeBytes(shape) - 8,
    56: m,
    64: 2 * m,
    72: m,
  };
  const wrong = Object.entries(expected).find(([offset, value]) => number(Number(offset)) !== value);
  if (wrong !== undefined || number(40) !== nodeBytes(shape) - 8 - 4 * dimension)
    return 'the header of the graph does not fit its manifest';
  const capacity = number(8);
  if (capacity < nodes || capacity > 2 * nodes + 2 ** 20) return `the graph claims a capacity of ${capacity}`;
  const entry = header.getUint32(52, true);
  return nodes > 0 && entry >= nodes ? 'the graph starts at a node that is not there' : undefined;
}

function tailProblem(tail: DataView, { nodes, m }: GraphShape): string | undefined {
  let end = 0;
  for (let node = 0; node < nodes; node++) {
    if (end + 4 > tail.byteLength) return 'the graph ends among its upper links';
    const bytes = tail.getUint32(end, true);
    if (bytes % (4 * (m + 1)) !== 0) return 'the graph has a broken list of upper links';
    end += 4 + bytes;
  }
  return end === tail.byteLength ? undefined : 'the graph has another length than its lists ask for';
}
