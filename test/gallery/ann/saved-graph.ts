import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashFileSync } from '../../../src/files/index.ts';
import { type Manifest, parseManifest, serializeManifest } from '../../../src/gallery/ann/manifest.ts';

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
export class GraphBytes {
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
