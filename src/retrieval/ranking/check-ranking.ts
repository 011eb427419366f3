import { checkOneOf } from '../../arguments.ts';
import { SnapshelfError } from '../../errors.ts';
import { counted } from '../../text.ts';
import { checkRankingNumbers, type Metric, maxRerankDepth } from '../../vectors/index.ts';
import type { RetrieverSearchOptions } from '../types.ts';

const refused = (message: string): SnapshelfError => new SnapshelfError('query-invalid', message);

/** Checks what does not go with an answer whose order is made of a number of nearest items. */
function checkOnePage(what: string, { after, facets }: RetrieverSearchOptions): void {
  if (after !== undefined)
    throw refused(
      `A search with ${what} has one page: it takes no after. Ask for more answers at once with k.`,
    );
  if (facets?.nearest !== undefined)
    throw refused(`A search with ${what} counts no facets of its nearest. Leave facets.nearest out.`);
}

/**
 * Checks options that change the order of answers.
 * @throws SnapshelfError `query-invalid` for what does not go together; RangeError for numbers out of range.
 */
export function checkRanking(options: RetrieverSearchOptions, metric: Metric): void {
  const { expand, rerank, views, group, maxFalseMatch, k = 10 } = options;
  checkRankingNumbers(expand, rerank);
  if (views !== undefined) checkOneOf('views', views, ['max', 'mean']);
  if (maxFalseMatch !== undefined && ((expand ?? rerank) !== undefined || views === 'mean'))
    throw refused(
      'A calibration is of the usual order of answers: maxFalseMatch does not go with expand, rerank or views mean. Leave one of them out.',
    );
  if (metric !== 'cosine' && (expand ?? rerank) !== undefined)
    throw refused(
      `The collection has the metric ${metric}, but expand and rerank need cosine. Leave them out.`,
    );
  if (rerank !== undefined) checkOnePage('rerank', options);
  if (rerank?.depth !== undefined && k > rerank.depth)
    throw refused(
      `The search wants ${k} answers, but re-ranks ${counted(rerank.depth, 'item')}. Raise rerank.depth, or lower k.`,
    );
  if (rerank !== undefined && k > maxRerankDepth)
    throw refused(
      `The search wants ${k} answers, but at most ${maxRerankDepth} items can be re-ranked. Lower k.`,
    );
  if (views !== 'mean') return;
  checkOnePage('views mean', options);
  if (rerank !== undefined) throw refused('Views mean and rerank do not go together. Leave one of them out.');
  if (group === 'item') throw refused('Views mean needs products as answers. Leave group item out.');
}
