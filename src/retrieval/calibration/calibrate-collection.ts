import { checkNumber, checkWhole } from '../../arguments.ts';
import type { CollectionInfo, Engine, Filter, Hit, Item } from '../../engine/index.ts';
import {
  type Calibration,
  type CalibrationHit,
  type CalibrationSearch,
  crossCheck,
  fitCalibration,
  maxQueries,
} from '../../matching/index.ts';
import { randomNumbers, shuffled } from '../../random.ts';
import { pipeline } from '../../threads/index.ts';
import { vectorsById } from '../vectors/vectors-by-id.ts';
import { categoryOf, checkCategory } from './category.ts';

/** Products that a search asks for. */
const productsPerSearch = 5;
/** Searches under way: the engine has the next one at hand. */
const atOnce = 2;
/** Items that are read together: a call for each would take longer than its search where the engine is another machine. */
const pageItems = 500;

/** Options of `Retriever.calibrate`. */
export interface CalibrateOptions {
  /** The field whose value tells categories of items apart: `label` (the default), or `metadata.` and a key. */
  readonly category?: string | undefined;
  /** The share of searches whose product is not there, 0 to 1, which confidences go by. Default 0.5. */
  readonly unknownShare?: number | undefined;
  /** Items that are searched for at most, drawn from all, 40 to 20,000. Default 10,000. */
  readonly maxItems?: number | undefined;
  /** Called with the items that were searched for, of all that will be. */
  readonly onProgress?: ((progress: CalibrationProgress) => void) | undefined;
  /** Cancels the call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The progress of a calibration. */
export interface CalibrationProgress {
  /** Items that were searched for. */
  readonly done: number;
  readonly total: number;
}

/**
 * Calibrates a collection by its own items: each is searched for with itself left out.
 * @throws SnapshelfError `too-few-pairs`, else as `Engine.search`; RangeError.
 * @throws unknown the signal's reason if it aborts.
 */
export async function calibrateCollection(
  gallery: Engine,
  info: CollectionInfo,
  options: CalibrateOptions,
): Promise<Calibration> {
  const { category = 'label', unknownShare = 0.5, maxItems = 10_000, onProgress, signal } = options;
  checkCategory(category);
  checkNumber('unknownShare', unknownShare, { from: 0, to: 1 });
  checkWhole('maxItems', maxItems, { from: 40, to: maxQueries });
  const { name, modelId, metric, sequence, items, products } = info;
  const calibratedAt = new Date().toISOString();
  const ids = await drawIds(gallery, name, maxItems);
  const leaveOneOut = new LeaveOneOut(gallery, info, category, signal);
  const searches: CalibrationSearch[] = [];
  let done = 0;
  const tell = (): void => onProgress?.({ done, total: ids.length });
  tell();
  const onSearch = (): void => {
    done += 1;
    tell();
  };
  for (let from = 0; from < ids.length; from += pageItems)
    searches.push(...(await leaveOneOut.searches(ids.slice(from, from + pageItems), onSearch)));
  signal?.throwIfAborted();
  const of = { modelId, metric, calibratedAt, sequence, items, products, category, unknownShare };
  const calibration = fitCalibration(searches, of);
  return { ...calibration, crossCheck: await crossCheck(searches, calibration) };
}

/** Draws the ids of items, evenly and always the same. */
async function drawIds(gallery: Engine, name: string, most: number): Promise<string[]> {
  const all: string[] = [];
  const limit = 10_000;
  for (let after: string | undefined; ; after = all.at(-1)) {
    const ids = await gallery.ids(name, { after, limit });
    all.push(...ids);
    if (ids.length < limit) break;
  }
  return shuffled(all, randomNumbers(1)).slice(0, most);
}

interface WholeItem {
  readonly item: Item;
  readonly vector: Float32Array;
}

/** An item with its nearest products, itself left out. */
interface Looked {
  readonly item: Item;
  readonly hits: readonly Hit[];
}

/** The searches for items of a collection, each as if it were not there. */
class LeaveOneOut {
  readonly #gallery: Engine;
  readonly #info: CollectionInfo;
  readonly #category: string;
  readonly #signal: AbortSignal | undefined;
  /** Products that are known to have several items. */
  readonly #shared = new Set<string>();

  constructor(gallery: Engine, info: CollectionInfo, category: string, signal: AbortSignal | undefined) {
    this.#gallery = gallery;
    this.#info = info;
    this.#category = category;
    this.#signal = signal;
  }

  /** Searches for the items of a page; those that are gone or damaged tell nothing. */
  async searches(ids: readonly string[], onSearch: () => void): Promise<CalibrationSearch[]> {
    const items = await this.#read(ids);
    const looked: Looked[] = [];
    for await (const one of pipeline(ids, atOnce, (id) => this.#look(items.get(id)))) {
      if (one !== undefined) looked.push(one);
      onSearch();
    }
    await this.#noteShared(looked);
    return looked.map(({ item: { productId }, hits }) => ({
      product: productId,
      stranger: this.#compare(hits.filter((hit) => hit.item.productId !== productId))[0],
      ...(this.#shared.has(productId) && { known: this.#judge(hits, productId) }),
    }));
  }

  /** Reads items and their vectors. */
  async #read(ids: readonly string[]): Promise<Map<string, WholeItem>> {
    const { name } = this.#info;
    const items: Item[] = [];
    for await (const page of this.#pages({ field: 'id', in: ids })) items.push(...page);
    const vectors = await vectorsById(
      this.#gallery,
      name,
      items.map(({ id }) => id),
      ['item-not-found', 'item-damaged', 'gallery-damaged'],
    );
    return new Map(
      items.flatMap((item) => {
        // Of its own, so that one search does not carry the vectors of all to another thread.
        const vector = vectors.get(item.id)?.slice();
        return vector === undefined ? [] : [[item.id, { item, vector }] as const];
      }),
    );
  }

  async *#pages(filter: Filter): AsyncGenerator<readonly Item[]> {
    for (let after: string | undefined; ; ) {
      const { items, next } = await this.#gallery.list(this.#info.name, { filter, after, limit: 1000 });
      yield items;
      if (next === null) return;
      after = next;
    }
  }

  async #look(whole: WholeItem | undefined): Promise<Looked | undefined> {
    this.#signal?.throwIfAborted();
    if (whole === undefined) return undefined;
    const { item, vector } = whole;
    const { name, modelId } = this.#info;
    const signal = this.#signal;
    const options = { k: productsPerSearch, exclude: [item.id], modelId, signal } as const;
    return { item, hits: (await this.#gallery.search(name, vector, options)).hits };
  }

  /** Takes note of the products that have another item than one that was looked at: it is among the nearest, or asked for. */
  async #noteShared(looked: readonly Looked[]): Promise<void> {
    for (const { item, hits } of looked)
      if (hits.some((hit) => hit.item.productId === item.productId)) this.#shared.add(item.productId);
    const open = new Set(looked.map(({ item }) => item.productId).filter((id) => !this.#shared.has(id)));
    if (open.size === 0) return;
    const seen = new Set<string>();
    for await (const items of this.#pages({ field: 'productId', in: [...open] })) {
      for (const { productId } of items) {
        if (seen.has(productId) && open.delete(productId)) this.#shared.add(productId);
        seen.add(productId);
      }
      // A product may have very many items.
      if (open.size === 0) return;
    }
  }

  #judge(hits: readonly Hit[], productId: string): CalibrationSearch['known'] {
    const compared = this.#compare(hits);
    return hits.flatMap(({ item }, i) => {
      const hit = compared[i];
      return hit === undefined ? [] : [{ ...hit, isRight: item.productId === productId }];
    });
  }

  #compare(hits: readonly Hit[]): CalibrationHit[] {
    const [first, second] = hits;
    return hits.map((hit, i) => ({
      score: hit.score,
      rival: (i === 0 ? second : first)?.score,
      category: categoryOf(hit.item, this.#category),
    }));
  }
}
