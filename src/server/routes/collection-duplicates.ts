import type { Request } from 'express';
import { SnapshelfError } from '../../errors.ts';
import type { CollectionDuplicates, Retriever } from '../../retrieval/index.ts';
import { pipeline } from '../../threads/index.ts';
import type { DuplicatesState } from '../jobs/duplicates-job.ts';
import type { ItemAnswer } from '../operations/answer-parts.ts';
import type { DuplicatesAnswer } from '../operations/search-operations.ts';
import type { Context } from './context.ts';
import { requireThreshold } from './duplicates.ts';
import { itemWithLinks } from './item-answers.ts';
import { collectionPath, parameter, route } from './route.ts';

const path = '/v1/collections/:collection/duplicates';
const atOnce = 8;

/** The place of a page: the number of items before it, of a state of the search. */
const versionOf = ({ startedAt, done }: CollectionDuplicates): string =>
  `${Date.parse(startedAt).toString(36)}.${done.toString(36)}`;

function placeOf(after: string | undefined, found: CollectionDuplicates): number {
  if (after === undefined) return 0;
  const [, version, place] = /^([0-9a-z]+\.[0-9a-z]+)\.(\d{1,9})$/.exec(after) ?? [];
  if (version === versionOf(found)) return Number(place);
  throw new SnapshelfError(
    'cursor-invalid',
    'The cursor "after" is of another search for duplicates. Begin with the first page.',
  );
}

type Page = Pick<DuplicatesAnswer, 'results' | 'gone' | 'next'>;

/** Returns a page of the groups as if their items stood in one list. */
async function pageOf(
  request: Request,
  { gallery }: Retriever,
  found: CollectionDuplicates,
  { after, limit = 100 }: { readonly after?: string | undefined; readonly limit?: number | undefined },
): Promise<Page> {
  const from = placeOf(after, found);
  const collection = parameter(request, 'collection');
  const itemOf = async (id: string): Promise<ItemAnswer | undefined> => {
    try {
      return itemWithLinks(request, await gallery.get(collection, id));
    } catch (error) {
      if (error instanceof SnapshelfError && error.code === 'item-not-found') return undefined;
      throw error;
    }
  };
  const results: DuplicatesAnswer['results'][number][] = [];
  let gone = 0;
  let place = 0;
  for (const [group, members] of found.groups.entries()) {
    const shown = members.slice(Math.max(from - place, 0), Math.max(from + limit - place, 0));
    place += members.length;
    if (shown.length === 0) continue;
    const items: { score: number; identical: boolean; item: ItemAnswer }[] = [];
    const look = async (member: (typeof shown)[number]) => ({ ...member, item: await itemOf(member.id) });
    for await (const { score, identical, item } of pipeline(shown, atOnce, look))
      if (item === undefined) gone += 1;
      else items.push({ score, identical, item });
    results.push({ group, size: members.length, items });
  }
  return { results, gone, next: place > from + limit ? `${versionOf(found)}.${from + limit}` : null };
}

/** Returns an answer: the numbers of a search and a page of what it has found. */
function answerOf({ state, numbers, error }: DuplicatesState, page: Page): DuplicatesAnswer {
  const { threshold, exact, startedAt, done, total, groups, members, changed, cut, damaged } = numbers;
  const counts = { done, total, groups, members, changed, cut, damaged };
  return { state, threshold, exact, startedAt, ...counts, ...(error && { error }), ...page };
}

const noPage: Page = { results: [], gone: 0, next: null };

/** Adds `/v1/collections/{collection}/duplicates`: start, watch and cancel a search for them, and read what it has found. */
export function duplicatesRoutes(context: Context): void {
  const { retriever, uploads } = context;
  const { duplicates } = context.jobs;
  route(context, path, {
    post: [
      uploads.receive.findDuplicates,
      async (request, response) => {
        const collection = parameter(request, 'collection');
        const options = await uploads.fields('findDuplicates', request, response);
        await requireThreshold(retriever, collection, options.threshold);
        const state = await duplicates.start(collection, options);
        response
          .status(202)
          .location(`${collectionPath(request)}/duplicates`)
          .json(answerOf(state, noPage));
      },
    ],
    async get(request, response) {
      const fields = await uploads.fields('foundDuplicates', request, response);
      const state = await duplicates.stateOf(parameter(request, 'collection'));
      const { found } = state;
      response.json(
        answerOf(state, found === undefined ? noPage : await pageOf(request, retriever, found, fields)),
      );
    },
    async delete(request, response) {
      await duplicates.remove(parameter(request, 'collection'));
      response.status(204).end();
    },
  });
}
