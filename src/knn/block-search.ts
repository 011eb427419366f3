import { Yielder } from '../threads/index.ts';
import type { Ranking } from '../vectors/index.ts';
import { blockSizes } from './block-sizes.ts';
import type { PreparedVectors } from './prepared-vectors.ts';
import type { RankingRequest } from './request.ts';
import { rerankAll, rerankCandidates } from './rerank.ts';
import type { Scorer } from './scorer.ts';
import { bufferBytes } from './top-k-buffer.ts';

const defaultMemory = 256 * 2 ** 20;

/** The parts that a search works with. */
export interface BlockSearchDependencies {
  readonly scorer: Scorer;
  readonly vectors: PreparedVectors;
  readonly request: RankingRequest;
  /** Bounds the errors of the scores of a query, by its row. */
  readonly errorOf: (query: number) => number;
  readonly options: {
    readonly memory?: number | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((done: number, total: number) => void) | undefined;
  };
}

/** Candidates per query: beyond `k` most of what lies within the error bound, which is wider on CUDA. */
function candidateCount({ scorer, request: { k } }: BlockSearchDependencies): number {
  return k + 1 + (scorer.provider === 'cuda' ? 64 + (k >> 1) : 16 + (k >> 4));
}

/** One exact search, block after block of queries. */
export class BlockSearch {
  readonly #dependencies: BlockSearchDependencies;
  readonly #yielder: Yielder;
  readonly #keep: number;
  readonly #memory: number;
  #furthest = 0;

  constructor(dependencies: BlockSearchDependencies) {
    this.#dependencies = dependencies;
    this.#yielder = new Yielder(dependencies.options.signal);
    this.#keep = candidateCount(dependencies);
    this.#memory = dependencies.options.memory ?? defaultMemory;
  }

  /** Yields a ranking for every query. */
  async *run(): AsyncGenerator<Ranking, void, undefined> {
    const { query, gallery, width } = this.#dependencies.vectors;
    const bytesPerQuery = 4 * width + bufferBytes(this.#keep);
    const size = blockSizes(this.#memory, width, query.rows, gallery.rows, bytesPerQuery);
    for (let start = 0; start < query.rows; start += size.queries) {
      const end = Math.min(start + size.queries, query.rows);
      const rest: number[] = [];
      // Keeping a good part of the gallery as candidates costs more than ranking all of it.
      if (this.#keep * 4 <= gallery.rows) yield* this.#rankCandidates(start, end, size.items, rest);
      else for (let row = start; row < end; row += 1) rest.push(row);
      yield* this.#rankGallery(rest);
      this.#report(end);
    }
  }

  /** Ranks the candidates of each query; adds the queries that need more than these to `rest`. */
  async *#rankCandidates(start: number, end: number, chunk: number, rest: number[]): AsyncGenerator<Ranking> {
    const { scorer, request, errorOf } = this.#dependencies;
    const onChunk = (share: number): void => this.#report(Math.floor(start + share * (end - start - 1)));
    const yielder = this.#yielder;
    const lists = await scorer.topK(start, end, this.#keep, { chunk, yielder, onChunk });
    for (let query = start; query < end; query += 1) {
      await yielder.yieldIfDue();
      const candidates = lists.candidates(query - start);
      const ranking = rerankCandidates(request, query, candidates, errorOf(query));
      if (ranking === undefined) rest.push(query);
      else yield ranking;
    }
  }

  /** Ranks the whole gallery for some queries, as many at once as fit in memory. */
  async *#rankGallery(queries: readonly number[]): AsyncGenerator<Ranking> {
    if (queries.length === 0) return;
    const { scorer, vectors, request, errorOf } = this.#dependencies;
    const yielder = this.#yielder;
    const items = vectors.gallery.rows;
    const size = blockSizes(this.#memory, vectors.width, queries.length, items, 4 * (vectors.width + items));
    for (let start = 0; start < queries.length; start += size.queries) {
      const block = queries.slice(start, start + size.queries);
      const scores = await scorer.scores(block, { chunk: size.items, yielder });
      for (const [at, query] of block.entries()) {
        await yielder.yieldIfDue();
        yield rerankAll(request, query, scores.subarray(at * items, (at + 1) * items), errorOf(query));
      }
    }
  }

  /** Reports progress: it never goes back, and is complete only when all is done. */
  #report(done: number): void {
    const { vectors, options } = this.#dependencies;
    this.#furthest = Math.max(this.#furthest, done);
    options.onProgress?.(this.#furthest, vectors.query.rows);
  }
}
