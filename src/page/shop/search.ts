import { computed, effect, signal } from '@preact/signals';
import type { Item, SearchPage, SearchQuery, SearchResult } from 'snapshelf/client';
import { asking, client, isAbort, whenBack } from '../api/client.ts';
import { key } from '../api/session.ts';
import { partOf } from '../photo/photo.ts';
import { collectionName } from '../route.ts';
import { filter, isAsked, isOnePhoto, options, type Part, parts } from './query.ts';

/** Results per page. */
const pageSize = 24;
/** Further tries while the server is busy. */
const busyTries = 2;

/** The answer of the search, all pages so far. */
export const answer = signal<SearchPage | undefined>(undefined);
/** The error of the last search. */
export const problem = signal<unknown>(undefined);
/** True while an answer is awaited. */
export const busy = signal(false);
/** The items of each product that is shown, by product. */
export const views = signal<ReadonlyMap<string, readonly Item[]>>(new Map());
const tries = signal(0);

/** The results that are shown. */
export const hits = computed((): readonly SearchResult[] => answer.value?.results ?? []);

/** Turning away counts half: more harms, and less helps less (docs/several-pictures.md has the measurements). */
const weightOf = ({ isNot }: Part): number => (isNot ? -0.5 : 1);

/** Returns the fields of a request that say what is searched for. */
async function queryFields(asked: readonly Part[]): Promise<SearchQuery> {
  const [first] = asked;
  if (asked.length === 1 && first !== undefined)
    return first.kind === 'item' ? { itemId: first.id } : { image: await partOf(first.photo, first.crop) };
  const photos = asked.filter((part) => part.kind === 'photo');
  const items = asked.filter((part) => part.kind === 'item');
  const images = await Promise.all(photos.map(({ photo, crop }) => partOf(photo, crop)));
  return {
    ...(images.length > 0 && { images, imageWeights: photos.map(weightOf) }),
    ...(items.length > 0 && { itemIds: items.map(({ id }) => id), itemWeights: items.map(weightOf) }),
  };
}

async function searchPage(after: string | undefined, signal: AbortSignal): Promise<SearchPage> {
  const { exact, ef, group, maxFalseMatch } = options.peek();
  const query = {
    ...(await queryFields(parts.peek())),
    k: pageSize,
    group,
    ...(exact && { exact }),
    ...(ef !== undefined && { ef }),
    ...(maxFalseMatch !== undefined && isOnePhoto.peek() && { maxFalseMatch }),
    ...(filter.peek() !== undefined && { filter: filter.peek() }),
    ...(after !== undefined && { after }),
  };
  return asking(client.search(collectionName.peek() ?? '', query, { signal, retries: busyTries }));
}

/** Reads the other views of the products of some results. A key that may only search sees none, and no error. */
async function readViews(found: readonly SearchResult[], signal: AbortSignal): Promise<void> {
  const wanted = [...new Set(found.map(({ item }) => item.productId))];
  if (wanted.length === 0 || options.peek().group === 'item') return;
  try {
    const filter = { field: 'productId', in: wanted };
    const { items } = await client.listItems(collectionName.peek() ?? '', { limit: 200, filter }, { signal });
    const next = new Map(views.peek());
    for (const product of wanted)
      next.set(
        product,
        items.filter(({ productId }) => productId === product),
      );
    views.value = next;
  } catch {
    // Cards without other views are good cards.
  }
}

let stop = new AbortController();

async function run(after?: string): Promise<void> {
  stop.abort();
  stop = new AbortController();
  const { signal } = stop;
  busy.value = true;
  problem.value = undefined;
  if (after === undefined) views.value = new Map();
  try {
    const page = await searchPage(after, signal);
    if (signal.aborted) return;
    const before = after === undefined ? [] : hits.peek();
    answer.value = { ...page, results: [...before, ...page.results] };
    busy.value = false;
    await readViews(page.results, signal);
  } catch (error) {
    if (isAbort(error) || signal.aborted) return;
    if (after === undefined) answer.value = undefined;
    problem.value = error;
    busy.value = false;
  }
}

/** Shows the next page of results, below those that are there. */
export const showMore = (): void => {
  const next = answer.peek()?.next;
  if (typeof next === 'string') void run(next);
};

/** Searches again, as after an error. */
export const searchAgain = (): void => {
  tries.value += 1;
};

effect(() => whenBack(problem.value, searchAgain));

/** Milliseconds that a query has to rest before it is sent: a crop box sends dozens of moves per second. */
const restMs = 90;
let timer: ReturnType<typeof setTimeout> | undefined;

effect(() => {
  // What the search depends on: a change of one of these starts it.
  void [parts.value, filter.value, options.value, key.value, tries.value, collectionName.value];
  clearTimeout(timer);
  if (!isAsked.value) {
    stop.abort();
    answer.value = undefined;
    problem.value = undefined;
    busy.value = false;
    return;
  }
  busy.value = true;
  timer = setTimeout(() => void run(), restMs);
});
