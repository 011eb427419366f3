import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { encodeRecord, Segment } from './segment.ts';

interface Place {
  readonly segment: Segment;
  readonly record: number;
}

/**
 * Embeddings by the SHA-256 of their pictures, in a folder of one model: preprocessing is a part of the model file, so
 * model and picture say all. Every process that adds something writes a file of its own, so several may use the folder
 * at once; what a crash cuts off or a disk damages is embedded again.
 */
export class EmbeddingCache {
  readonly #folder: string;
  readonly #dimension: number;
  readonly #segments: Segment[] = [];
  /** Where each embedding is: more than one place where two processes added it, or one is damaged. */
  readonly #places = new Map<string, Place[]>();
  #writing: number | undefined;

  /** Opens the cache of a model under `root`, which is made where it is missing. Vectors have `dimension` numbers. */
  constructor(root: string, modelId: string, dimension: number) {
    this.#folder = join(root, modelId);
    this.#dimension = dimension;
    mkdirSync(this.#folder, { recursive: true });
    for (const name of readdirSync(this.#folder)) if (name.endsWith('.embeddings')) this.#open(name);
  }

  /** How many embeddings there are. */
  get size(): number {
    return this.#places.size;
  }

  /** The embedding of a picture, `float32[D]`, or undefined. */
  get(hash: string): Float32Array | undefined {
    for (const { segment, record } of this.#places.get(hash) ?? []) {
      const vector = segment.read(record);
      if (vector !== undefined) return vector;
    }
    return undefined;
  }

  /** Adds the embedding of a picture; other processes see it when they open the cache. */
  add(hash: string, vector: Float32Array): void {
    this.#writing ??= openSync(join(this.#folder, `${randomUUID()}.embeddings`), 'ax');
    writeSync(this.#writing, encodeRecord(hash, vector));
  }

  close(): void {
    for (const segment of this.#segments.splice(0)) segment.close();
    if (this.#writing !== undefined) closeSync(this.#writing);
    this.#writing = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #open(name: string): void {
    const segment = new Segment(join(this.#folder, name), this.#dimension);
    this.#segments.push(segment);
    let record = 0;
    for (const key of segment.keys()) {
      const places = this.#places.get(key);
      if (places === undefined) this.#places.set(key, [{ segment, record }]);
      else places.push({ segment, record });
      record += 1;
    }
  }
}
