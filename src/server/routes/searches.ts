import { SnapshelfError } from '../../errors.ts';
import { pipeline } from '../../threads/index.ts';
import { problemOf, toSnapshelfError } from '../http/problem.ts';
import { scopeOf } from '../http/request-scope.ts';
import type { SearchResult } from '../operations/search-operations.ts';
import type { RequestFields } from '../parsing/schemas.ts';
import type { Context } from './context.ts';
import { queryOf, searchOptionsOf } from './query.ts';
import { type Handler, parameter } from './route.ts';
import { searchPage } from './search-page.ts';

/** Searches of a batch that are under way at a time. */
const atOnce = 4;
/** The same of one whose searches are all exact: full scans that are asked for together take one pass. */
const scansAtOnce = 64;

type Fields = RequestFields['search'];

/** Returns the handler that searches several times: each search has an answer or an error of its own. */
export const searchBatch =
  ({ retriever, uploads }: Context): Handler<'/v1/collections/:collection/search/batch', 'post'> =>
  async (request, response) => {
    const { searches } = await uploads.fields('searches', request, response);
    const collection = parameter(request, 'collection');
    const { signal, startedAt } = scopeOf(response);
    // One answer for all, not one for each, where there is no such collection.
    await retriever.gallery.info(collection);
    const run = async (fields: Fields): Promise<SearchResult> => {
      const start = performance.now();
      try {
        const options = { ...searchOptionsOf(fields), signal };
        const answer = await retriever.search(collection, queryOf(request, fields), options);
        return { status: 200, ...searchPage(request, answer, performance.now() - start) };
      } catch (error) {
        return failed(error, signal);
      }
    };
    const results: SearchResult[] = [];
    const width = searches.every(({ exact }) => exact === true) ? scansAtOnce : atOnce;
    for await (const result of pipeline(searches, width, run)) results.push(result);
    const count = results.filter(({ status }) => status !== 200).length;
    response.json({ failed: count, results, totalMs: performance.now() - startedAt });
  };

/** Returns what went wrong in one search; what ends the whole request, or is no fault of the search, is thrown. */
function failed(error: unknown, signal: AbortSignal): SearchResult {
  signal.throwIfAborted();
  const known = toSnapshelfError(error);
  if (!(error instanceof SnapshelfError) && known.code === 'internal') throw error;
  const problem = problemOf(known);
  return { status: problem.status, error: problem };
}
