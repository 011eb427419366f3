import { Yielder } from '../threads/index.ts';
import type { Ranking } from '../vectors/index.ts';
import type { BlockSearchDependencies } from './block-search.ts';
import type { RankingRequest } from './request.ts';

/** Yields a ranking for every query by comparing it with every item: for distances that no float32 product bounds. */
export async function* scanGallery(
  { ranker, required, k, ownRow }: RankingRequest,
  queries: number,
  items: number,
  { signal, onProgress }: BlockSearchDependencies['options'],
): AsyncGenerator<Ranking, void, undefined> {
  const yielder = new Yielder(signal);
  const all = Uint32Array.from({ length: items }, (_, row) => row);
  for (let query = 0; query < queries; query += 1) {
    await yielder.yieldIfDue();
    const own = ownRow(query);
    const rows = own < 0 ? all : all.filter((row) => row !== own);
    yield ranker.rank(query, rows, k, required?.mustInclude(query));
    onProgress?.(query + 1, queries);
  }
}
