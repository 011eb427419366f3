import type { FilterValue } from 'weaviate-client';
import {
  bindingOf,
  type CursorSeal,
  checkSearchOptions,
  checkVector,
  compileFilter,
  decodeSearchCursor,
  encodeSearchCursor,
  type Hit,
  PageBudget,
  type SearchAnswer,
  type SearchOptions,
  type SearchPosition,
} from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { canonical } from '../../text.ts';
import { type DistanceTo, distanceFrom } from '../../vectors/index.ts';
import { Candidates, type Window } from './candidates.ts';
import type { OpenCollection } from './collection.ts';
import { keyOf } from './names.ts';
import { itemOf } from './stored-item.ts';
import { allOf, notOf, where } from './where.ts';

type Place = NonNullable<SearchPosition['last']>;

/** A candidate at its true distance. */
interface Ranked {
  readonly id: string;
  readonly product: string;
  readonly distance: number;
}

/** Finds the nearest items or products of a collection. @throws as `Engine.search`. */
export async function searchItems(
  collection: OpenCollection,
  vector: Float32Array,
  options: SearchOptions,
): Promise<SearchAnswer> {
  const { record, items } = collection;
  checkSearchOptions(options);
  checkVector(vector, record as never);
  if (options.modelId !== undefined && options.modelId !== record.modelId)
    throw new SnapshelfError(
      'model-mismatch',
      `The collection ${record.name} has vectors of the model ${record.modelName} by now. Embed the query with it.`,
      { details: { expected: record.modelId, given: options.modelId } },
    );
  const seal = sealOf(collection, vector, options);
  const after = options.after === undefined ? undefined : decodeSearchCursor(options.after, seal).last;
  const started = performance.now();
  const compiled = options.filter && compileFilter(options.filter, (key) => record.fields[key]);
  const filter = compiled && (await items.filterOf(compiled));
  const filterMs = performance.now() - started;
  const candidates = new Candidates(collection, vector, leavingOut(filter, options));
  const distanceTo = distanceFrom(vector, record as never);
  const total = filter === undefined ? items.recentCount() : items.count(filter);
  total.catch(() => {});
  const page = await findPage(candidates, { distanceTo, after, options });
  const searchMs = performance.now() - started - filterMs;
  const { hits, isCut } = await fetchHits(candidates, page, options);
  const last = hits.at(-1);
  return {
    hits,
    next:
      last !== undefined && (page.hasMore || isCut)
        ? encodeSearchCursor(seal, { shown: [], last: { distance: last.distance, id: last.item.id } })
        : null,
    total: await total,
    hidden: options.group === 'item' ? 0 : page.hiddenUpTo(isCut ? last?.item.id : undefined),
    searched: {
      kind: 'hnsw',
      ef: Math.max(record.hnsw.ef, candidates.asked),
      metric: record.metric as SearchAnswer['searched']['metric'],
      candidates: candidates.found,
    },
    timings: { filterMs, searchMs, fetchMs: performance.now() - started - filterMs - searchMs },
  };
}

function sealOf({ record }: OpenCollection, vector: Float32Array, options: SearchOptions): CursorSeal {
  const { filter = null, group = 'product', exclude = [], excludeProducts = [], minScore = null } = options;
  const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
  const rest = JSON.stringify([filter, group, exclude, excludeProducts, minScore]);
  return {
    key: Buffer.from(record.cursorKey, 'hex'),
    binding: bindingOf('search', record.className, bytes, rest),
  };
}

function leavingOut(filter: FilterValue | undefined, options: SearchOptions): FilterValue | undefined {
  const { exclude = [], excludeProducts = [] } = options;
  const without = (property: string, texts: readonly string[]): FilterValue | undefined =>
    texts.length === 0
      ? undefined
      : notOf(
          where(
            property,
            'ContainsAny',
            texts.map((text) => keyOf(canonical(text))),
          ),
        );
  return allOf([filter, without('key', exclude), without('product', excludeProducts)]);
}

/** A page in its order. */
interface Page {
  readonly ranked: readonly Ranked[];
  readonly hasMore: boolean;
  /** Counts the items that were passed over for their products, up to a hit, or to the end of the page. */
  readonly hiddenUpTo: (id: string | undefined) => number;
}

interface Wanted {
  readonly distanceTo: DistanceTo;
  readonly after: Place | undefined;
  readonly options: SearchOptions;
}

/** Looks at more and more of the nearest until a page is full, and what could come before its end is known. */
async function findPage(candidates: Candidates, wanted: Wanted): Promise<Page> {
  const { k = 10, group = 'product', signal } = wanted.options;
  for (let size = group === 'item' ? k + 10 : 4 * k + 10; ; size *= 4) {
    signal?.throwIfAborted();
    const window = await untilAborted(candidates.nearest(size), signal);
    const page = pageOf(window, wanted, { k, isGrouped: group === 'product' });
    if (page.ranked.length >= k || window.isAll || page.isPastScore) return page;
    if (!window.isLargest) continue;
    if (page.ranked.length > 0) return { ...page, hasMore: true };
    throw new SnapshelfError(
      'engine-cannot',
      `The engine weaviate does not offer answers behind the nearest ${window.ranked.length}. Narrow the search by a filter.`,
      { details: { engine: 'weaviate', capability: 'deepPaging' } },
    );
  }
}

function pageOf(
  window: Window,
  { distanceTo, after, options: { minScore = Number.NEGATIVE_INFINITY } }: Wanted,
  { k, isGrouped }: { readonly k: number; readonly isGrouped: boolean },
): Page & { readonly isPastScore: boolean } {
  const order = window.ranked
    .map(({ id, product, vector }) => ({ id, product, distance: distanceTo(vector, 0) }))
    .sort(byPlace);
  // What is as far as the last of the window may have others beside it that are not in it.
  const edge =
    window.isAll || window.isLargest
      ? Number.POSITIVE_INFINITY
      : (order.at(-1)?.distance ?? 0) * (1 - 1e-5) - 1e-6;
  const scoreOf = scoresOf(window.metric);
  const ranked: Ranked[] = [];
  const passed: number[] = [];
  const products = new Set<string>();
  let isPastScore = false;
  let hidden = 0;
  let hasMore = false;
  for (const one of order) {
    if (one.distance > edge) break;
    isPastScore = scoreOf(one.distance) < minScore;
    if (isPastScore) break;
    const isFirst = !isGrouped || !products.has(one.product);
    products.add(one.product);
    if (after !== undefined && byPlace(one, after) <= 0) continue;
    if (!isFirst) hidden += 1;
    else if (ranked.length === k) {
      hasMore = true;
      break;
    } else {
      ranked.push(one);
      passed.push(hidden);
    }
  }
  hasMore ||= ranked.length === k && !window.isAll && !isPastScore;
  const hiddenUpTo = (id: string | undefined): number =>
    id === undefined ? hidden : (passed[ranked.findIndex((one) => one.id === id)] ?? hidden);
  return { ranked, hasMore, hiddenUpTo, isPastScore };
}

const byPlace = (a: Place, b: Place): number =>
  a.distance - b.distance || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

const scoresOf =
  (metric: string) =>
  (distance: number): number =>
    metric === 'cosine' ? 1 - distance : 1 / (1 + distance);

/** Reads the items of a page, as many as one answer may carry. */
async function fetchHits(
  candidates: Candidates,
  { ranked }: Page,
  { signal }: SearchOptions,
): Promise<{ hits: Hit[]; isCut: boolean }> {
  const stored = await untilAborted(candidates.items(ranked.map(({ id }) => id)), signal);
  const budget = new PageBudget();
  const hits: Hit[] = [];
  const scoreOf = scoresOf(candidates.metric);
  for (const { id, distance } of ranked) {
    const item = stored.get(id);
    // It was deleted meanwhile.
    if (item === undefined) continue;
    if (!budget.take({ ...item, metadata: JSON.stringify(item.metadata) })) return { hits, isCut: true };
    hits.push({ item: itemOf(item), distance, score: scoreOf(distance) });
  }
  return { hits, isCut: false };
}

/** Waits for work as long as somebody wants it. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
