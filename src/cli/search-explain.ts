import { writeAtomically } from '../files/index.ts';
import { decodeImage, thumbnail } from '../image/index.ts';
import { type ExplainedMatch, matchPage } from '../report/index.ts';
import type { ExplainQuery, Query, Retriever, RetrieverAnswer } from '../retrieval/index.ts';
import { dataUri, thumbnailUri } from './thumbnail-uri.ts';

/** Answers that a page shows: each takes two more runs of the model. */
const shownMatches = 20;

/** Longest side of the query's picture in the page, in pixels. */
const shownSide = 512;

/** Returns the query of a search whose answers can be explained. @throws RangeError if it has several parts. */
export function explainable(query: Query): ExplainQuery {
  if ('image' in query || 'itemId' in query) return query;
  throw new RangeError('The option --explain is for a search by one picture, or by one --item.');
}

async function pictureOf(retriever: Retriever, collection: string, query: ExplainQuery) {
  if ('itemId' in query) return thumbnailUri(retriever, collection, query.itemId);
  return dataUri(await thumbnail(await decodeImage(query.image), shownSide), 'image/jpeg');
}

/** A query that is explained, which people know by `name`, and the answer to it. */
interface Found {
  readonly collection: string;
  readonly name: string;
  readonly query: ExplainQuery;
  readonly answer: RetrieverAnswer;
}

/** Writes a page that shows which parts of the query and of each answer speak for the match. @throws SnapshelfError as `Retriever.explain`. */
export async function writeExplanation(retriever: Retriever, file: string, found: Found): Promise<void> {
  const { collection, name, query, answer } = found;
  const { hits, model, searched, ranking, crop } = answer;
  // The box that was found is taken, so that it is not looked for again.
  const asked = crop !== undefined && 'image' in query ? { image: query.image, crop } : query;
  const matches: ExplainedMatch[] = [];
  for (const { item, score } of hits.slice(0, shownMatches)) {
    const { query: queryMap, match: map } = await retriever.explain(collection, asked, item.id);
    const picture = await thumbnailUri(retriever, collection, item.id);
    matches.push({ id: item.id, label: item.label, score, picture, queryMap, map });
  }
  const page = matchPage({
    collection,
    model: model.name,
    metric: searched.metric,
    query: { name, picture: await pictureOf(retriever, collection, query) },
    crop: 'image' in asked && asked.crop !== 'auto' ? asked.crop : undefined,
    expandedBy: ranking?.expandedBy ?? 0,
    matches,
    more: hits.length - matches.length,
  });
  await writeAtomically(file, page);
}
