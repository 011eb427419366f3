import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { encodeRecord, Segment } from './segment.ts';

/** Embeddings that are looked up; more of a folder are not. */
const mostEmbeddings = 4_000_000;

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
  /** Where each embedding is: more than one place where two processes added it, or one is damaged. */
  readonly #places = new Map<string, Place[]>();
  #writing: number | undefined;
  #problem: string | undefined;

  /** Opens the cache of a model under `root`, which is made where it is missing. Vectors have `dimension` numbers. */
  constructor(root: string, modelId: string, dimension: number) {
    this.#folder = join(root, modelId);
    this.#dimension = dimension;
    this.#tried(() => {
      mkdirSync(this.#folder, { recursive: true });
      for (const name of readdirSync(this.#folder)) if (name.endsWith('.embeddings')) this.#open(name);
    });
  }

  /** How many embeddings there are. */
  get size(): number {
    return this.#places.size;
  }

  /** The embedding of a picture, `float32[D]`, or undefined. */
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

  /** Why the cache is of no use, or only for what it has: a full disk, a folder that cannot be made. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Adds the embedding of a picture; other processes see it when they open the cache. Does nothing after a problem. */
  add(hash: string, vector: Float32Array): void {
    if (this.#problem !== undefined) return;
    this.#tried(() => {
      this.#writing ??= openSync(join(this.#folder, `${randomUUID()}.embeddings`), 'ax');
      writeSync(this.#writing, encodeRecord(hash, vector));
    });
  }

  /** A cache is a help: where it fails, work goes on without it. */
  #tried(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#problem = `the cache of embeddings in ${this.#folder} cannot be used: ${(error as Error).message}`;
    }
  }

  close(): void {
    if (this.#writing !== undefined) closeSync(this.#writing);
    this.#writing = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** None of a file that cannot be read: the others are as good as before. */
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
