import type { Ranking } from '../types.ts';
import { blockSizes } from './blocks.ts';
import type { Engine } from './engine.ts';
import { Pace } from './pace.ts';
import { type Asked, settleAll, settleBest } from './settle.ts';
import { shortlistBytes } from './shortlist.ts';
import type { View } from './view.ts';

const defaultMemory = 256 * 2 ** 20;

/** What a search is made of. */
export interface SearchParts {
  readonly engine: Engine;
  readonly view: View;
  readonly asked: Asked;
  /** By row of the query, how far scores may be from the true ones. */
  readonly margin: (query: number) => number;
  readonly options: {
    readonly memory?: number | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((done: number, total: number) => void) | undefined;
  };
}

/** Items kept beyond those that are asked for: most of what lies within the margin, on CUDA a wider one. */
function keepOf({ engine, asked: { depth } }: SearchParts): number {
  return depth + 1 + (engine.provider === 'cuda' ? 64 + (depth >> 1) : 16 + (depth >> 4));
}

/** One search, block after block of queries. */
export class Search {
  readonly #parts: SearchParts;
  readonly #pace: Pace;
  readonly #keep: number;
  readonly #memory: number;
  #furthest = 0;

  constructor(parts: SearchParts) {
    this.#parts = parts;
    this.#pace = new Pace(parts.options.signal);
    this.#keep = keepOf(parts);
    this.#memory = parts.options.memory ?? defaultMemory;
  }

  async *run(): AsyncGenerator<Ranking, void, undefined> {
    const { query, gallery, width } = this.#parts.view;
    const size = blockSizes(
      this.#memory,
      width,
      query.rows,
      gallery.rows,
      4 * width + shortlistBytes(this.#keep),
    );
    for (let start = 0; start < query.rows; start += size.queries) {
      const end = Math.min(start + size.queries, query.rows);
      const rest: number[] = [];
      // To keep a good part of a row costs more than to look at all of it.
      if (this.#keep * 4 <= gallery.rows) yield* this.#firstLook(start, end, size.items, rest);
      else for (let row = start; row < end; row += 1) rest.push(row);
      yield* this.#secondLook(rest);
      this.#tell(end);
    }
  }

  /** Rankings out of the best items alone; the queries to which these do not suffice are added to `rest`. */
  async *#firstLook(start: number, end: number, chunk: number, rest: number[]): AsyncGenerator<Ranking> {
    const { engine, asked, margin } = this.#parts;
    const tell = (share: number): void => this.#tell(Math.floor(start + share * (end - start - 1)));
    const best = await engine.best([start, end], this.#keep, chunk, this.#pace, tell);
    for (let query = start; query < end; query += 1) {
      await this.#pace.breathe();
      const ranking = settleBest(asked, query, best(query), margin(query));
      if (ranking === undefined) rest.push(query);
      else yield ranking;
    }
  }

  /** Rankings out of the scores with the whole gallery, for as many queries at once as fit. */
  async *#secondLook(queries: readonly number[]): AsyncGenerator<Ranking> {
    if (queries.length === 0) return;
    const { engine, view, asked, margin } = this.#parts;
    const items = view.gallery.rows;
    const size = blockSizes(this.#memory, view.width, queries.length, items, 4 * (view.width + items));
    for (let start = 0; start < queries.length; start += size.queries) {
      const block = queries.slice(start, start + size.queries);
      const scores = await engine.all(block, size.items, this.#pace);
      for (const [at, query] of block.entries()) {
        await this.#pace.breathe();
        yield settleAll(asked, query, scores.subarray(at * items, (at + 1) * items), margin(query));
      }
    }
  }

  /** Progress never goes back, and is complete only when all is done. */
  #tell(done: number): void {
    const { view, options } = this.#parts;
    this.#furthest = Math.max(this.#furthest, done);
    options.onProgress?.(this.#furthest, view.query.rows);
  }
}
