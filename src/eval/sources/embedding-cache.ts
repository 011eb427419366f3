import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { decodingRules } from '../../image/index.ts';
import { encodeRecord, Segment } from './cache-segment.ts';

/** Embeddings that are kept in memory by place; further ones of a folder are not used. */
const mostEmbeddings = 4_000_000;

/** The ending of the files; a cache of other rules for pixels is passed over. */
const ending = `.v${decodingRules}.embeddings`;

interface Place {
  readonly segment: Segment;
  readonly record: number;
}

/**
 * A cache of embeddings by the SHA-256 of their pictures, in a folder per model. Preprocessing is a part of the model file,
 * so model and picture determine the embedding. Every process writes a file of its own, so several may use the folder at
 * once. Records that a crash cuts off or a disk damages are embedded again.
 * @example
 * ```ts
 * import { EmbeddingCache } from 'snapshelf/evaluate';
 * import { readModelFile } from 'snapshelf';
 *
 * const { id, metadata } = await readModelFile('lite0.onnx');
 * const cache = new EmbeddingCache('cache', id, metadata.dimension);
 * console.log(cache.size);
 * ```
 */
export class EmbeddingCache {
  readonly #folder: string;
  readonly #dimension: number;
  /** Places of each embedding: several if two processes added it, or one is damaged. */
  readonly #places = new Map<string, Place[]>();
  #writing: number | undefined;
  #problem: string | undefined;

  /**
   * Opens the cache of a model, and makes its folder if it is missing. Does not throw: see `problem`.
   * @param root Folder of the caches of all models.
   * @param dimension Numbers per embedding.
   */
  constructor(root: string, modelId: string, dimension: number) {
    this.#folder = join(root, modelId);
    this.#dimension = dimension;
    this.#try(() => {
      mkdirSync(this.#folder, { recursive: true });
      for (const name of readdirSync(this.#folder)) if (name.endsWith(ending)) this.#open(name);
    });
  }

  /** The number of embeddings. */
  get size(): number {
    return this.#places.size;
  }

  /** The embedding of a picture, `float32[D]`, or undefined if it is not in the cache. */
  get(hash: string): Float32Array | undefined {
    for (const { segment, record } of this.#places.get(hash) ?? []) {
      const vector = this.#read(segment, record);
      if (vector !== undefined) return vector;
    }
    return undefined;
  }

  #read(segment: Segment, record: number): Float32Array | undefined {
    try {
      return segment.read(record);
    } catch {
      return undefined;
    }
  }

  /** The reason why the cache cannot be written, such as a full disk; undefined if it can. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Adds an embedding. Other processes see it when they open the cache. Does nothing after a problem. */
  add(hash: string, vector: Float32Array): void {
    if (this.#problem !== undefined) return;
    this.#try(() => {
      this.#writing ??= openSync(join(this.#folder, `${randomUUID()}${ending}`), 'ax');
      writeSync(this.#writing, encodeRecord(hash, vector));
    });
  }

  /** Remembers an error as the problem: work goes on without the cache. */
  #try(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#problem = `The cache of embeddings in ${this.#folder} cannot be used: ${(error as Error).message}`;
    }
  }

  /** Closes the file that this process writes. */
  close(): void {
    if (this.#writing !== undefined) closeSync(this.#writing);
    this.#writing = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The keys of a file; none if it cannot be read, so that the others are still used. */
  #keysOf(segment: Segment): string[] {
    try {
      return segment.keys(mostEmbeddings - this.#places.size);
    } catch {
      return [];
    }
  }

  #open(name: string): void {
    const segment = new Segment(join(this.#folder, name), this.#dimension);
    for (const [record, key] of this.#keysOf(segment).entries()) {
      const places = this.#places.get(key);
      if (places === undefined) this.#places.set(key, [{ segment, record }]);
      else places.push({ segment, record });
    }
  }
}
