import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashFileSync } from '../../../src/files/index.ts';
import {
  type IndexEngine,
  type Manifest,
  parseManifest,
  serializeManifest,
} from '../../../src/gallery/ann/manifest.ts';
import { float32ToFloat16 } from '../../../src/tensor/index.ts';

/** Changes one of the files of a saved index, and the manifest so that it fits. */
export function rewrite(folder: string, part: 'vectors' | 'labels', change: (view: DataView) => void): void {
  const manifest = parseManifest(readFileSync(join(folder, 'index.json'), 'utf8')) as Manifest;
  const path = join(folder, manifest.files[part].name);
  const bytes = new Uint8Array(readFileSync(path));
  change(new DataView(bytes.buffer));
  writeFileSync(path, bytes);
  const files = { ...manifest.files, [part]: { ...manifest.files[part], ...hashFileSync(path) } };
  writeFileSync(join(folder, 'index.json'), serializeManifest({ ...manifest, files }));
}

/** The file of a graph, for those who want to break it. */
export interface GraphBytes {
  readonly m: number;
  /** Highest level by node. */
  readonly levels: readonly number[];
  entry: number;
  setLinks(node: number, level: number, links: readonly number[]): void;
  setVector(node: number, value: () => number): void;
  /** Sets hnswlib's mark of deletion. */
  mark?(node: number, mark?: number): void;
}

/** The file of a graph of an engine. */
export const graphBytesOf = (engine: IndexEngine, view: DataView): GraphBytes =>
  engine === 'usearch' ? new UsearchBytes(view) : new HnswlibBytes(view);

/** The file of a graph of hnswlib. */
export class HnswlibBytes implements GraphBytes {
  readonly view: DataView;
  readonly m: number;
  readonly dimension: number;
  readonly nodes: number;
  /** Highest level by node. */
  readonly levels: number[] = [];
  /** Where the upper links of each node begin. */
  readonly #upper: number[] = [];

  constructor(view: DataView) {
    this.view = view;
    this.nodes = Number(view.getBigUint64(16, true));
    this.m = Number(view.getBigUint64(56, true));
    this.dimension = (Number(view.getBigUint64(24, true)) - 8) / 4 - (2 * this.m + 1);
    for (let at = this.node(this.nodes); at < view.byteLength; at += 4 + view.getUint32(at, true)) {
      this.levels.push(view.getUint32(at, true) / (4 * (this.m + 1)));
      this.#upper.push(at + 4);
    }
  }

  get entry(): number {
    return this.view.getUint32(52, true);
  }

  set entry(node: number) {
    this.view.setUint32(52, node, true);
  }

  /** Where a node begins: with its links on the lowest level. */
  node(node: number): number {
    return 96 + node * (4 * (2 * this.m + 1) + 4 * this.dimension + 8);
  }

  setLinks(node: number, level: number, links: readonly number[]): void {
    const upper = (this.#upper[node] ?? 0) + 4 * (level - 1) * (this.m + 1);
    const at = level === 0 ? this.node(node) : upper;
    this.view.setUint16(at, links.length, true);
    for (const [i, link] of links.entries()) this.view.setUint32(at + 4 * (i + 1), link, true);
  }

  mark(node: number, mark = 1): void {
    this.view.setUint8(this.node(node) + 2, mark);
  }

  setVector(node: number, value: () => number): void {
    const at = this.node(node) + 4 * (2 * this.m + 1);
    for (let i = 0; i < this.dimension; i++) this.view.setFloat32(at + 4 * i, value(), true);
  }
}

/** The file of a graph of usearch. */
export class UsearchBytes implements GraphBytes {
  readonly view: DataView;
  readonly m: number;
  readonly rows: number;
  readonly levels: number[];
  /** Where the head, the graph's header and each node begin. */
  readonly head: number;
  readonly header: number;
  readonly nodes: number[] = [];

  constructor(view: DataView) {
    this.view = view;
    this.rows = view.getUint32(0, true);
    this.head = 8 + this.rows * view.getUint32(4, true);
    this.header = this.head + 64;
    this.m = Number(view.getBigUint64(this.header + 8, true));
    const levels = this.header + 40;
    this.levels = Array.from({ length: this.rows }, (_, node) => view.getInt16(levels + 2 * node, true));
    let at = levels + 2 * this.rows;
    for (const level of this.levels) {
      this.nodes.push(at);
      at += 10 + 4 * (2 * this.m + 1) + 4 * level * (this.m + 1);
    }
  }

  get entry(): number {
    return Number(this.view.getBigUint64(this.header + 32, true));
  }

  set entry(node: number) {
    this.view.setBigUint64(this.header + 32, BigInt(node), true);
  }

  /** Where the links of a node on a level begin: with their count. */
  links(node: number, level: number): number {
    const upper = level === 0 ? 0 : 4 * (2 * this.m + 1) + 4 * (level - 1) * (this.m + 1);
    return (this.nodes[node] ?? 0) + 10 + upper;
  }

  setLinks(node: number, level: number, links: readonly number[]): void {
    const at = this.links(node, level);
    const most = level === 0 ? 2 * this.m : this.m;
    for (let i = 0; i <= most; i++) this.view.setUint32(at + 4 * i, 0, true);
    this.view.setUint32(at, links.length, true);
    for (const [i, link] of links.entries()) this.view.setUint32(at + 4 * (i + 1), link, true);
  }

  setVector(node: number, value: () => number): void {
    const bytes = this.view.getUint32(4, true);
    const isFloat32 = this.view.getUint8(this.head + 14) === 11;
    for (let at = 8 + node * bytes; at < 8 + (node + 1) * bytes; at += isFloat32 ? 4 : 2)
      if (isFloat32) this.view.setFloat32(at, value(), true);
      else this.view.setUint16(at, float32ToFloat16(Float32Array.of(value()))[0] ?? 0, true);
  }
}
