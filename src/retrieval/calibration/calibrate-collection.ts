import { checkNumber, checkWhole } from '../../arguments.ts';
import type { CollectionInfo, Engine, Hit, Item } from '../../engine/index.ts';
import { type ErrorCode, SnapshelfError } from '../../errors.ts';
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
import { categoryOf, checkCategory } from './category.ts';

/** Products that a search asks for. */
const productsPerSearch = 5;
/** Searches under way: the engine has the next one at hand. */
const atOnce = 2;

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

const hasCode = (error: unknown, code: ErrorCode): boolean =>
  error instanceof SnapshelfError && error.code === code;

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
  const look = async (id: string): Promise<CalibrationSearch | undefined> => {
    signal?.throwIfAborted();
    return new LeaveOneOut(gallery, info, category, signal).search(id);
  };
  const searches: CalibrationSearch[] = [];
  let done = 0;
  onProgress?.({ done: 0, total: ids.length });
  for await (const search of pipeline(ids, atOnce, look)) {
    done += 1;
    if (search !== undefined) searches.push(search);
    onProgress?.({ done, total: ids.length });
  }
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

/** The searches for one item of a collection, as if it were not there. */
class LeaveOneOut {
  readonly #gallery: Engine;
  readonly #info: CollectionInfo;
  readonly #category: string;
  readonly #signal: AbortSignal | undefined;

  constructor(gallery: Engine, info: CollectionInfo, category: string, signal: AbortSignal | undefined) {
    this.#gallery = gallery;
    this.#info = info;
    this.#category = category;
    this.#signal = signal;
  }

  /** Searches for an item; one that is gone or damaged tells nothing. */
  async search(id: string): Promise<CalibrationSearch | undefined> {
    const { name } = this.#info;
    let item: Item | undefined;
    try {
      item = await this.#gallery.get(name, id);
      const vector = await this.#gallery.vector(name, id);
      const hits = await this.#nearest(vector, id);
      const others = hits.filter((hit) => hit.item.productId !== item?.productId);
      const [nearest] = this.#compare(others);
      const hasOthers = hits.length > others.length || (await this.#hasOthers(item));
      const { productId } = item;
      return {
        product: productId,
        stranger: nearest,
        ...(hasOthers && { known: this.#judge(hits, productId) }),
      };
    } catch (error) {
      if (hasCode(error, 'item-not-found') || hasCode(error, 'item-damaged')) return undefined;
      // Once the item was read, it is its vector that is damaged, not the collection.
      if (item !== undefined && hasCode(error, 'gallery-damaged')) return undefined;
      throw error;
    }
  }

  async #nearest(vector: Float32Array, id: string): Promise<Hit[]> {
    const { name, modelId } = this.#info;
    const options = { k: productsPerSearch, exclude: [id], modelId, signal: this.#signal } as const;
    return (await this.#gallery.search(name, vector, options)).hits;
  }

  /** True if the product of the item has another one, which is not among the nearest. */
  async #hasOthers({ productId }: Item): Promise<boolean> {
    const filter = { field: 'productId', equals: productId };
    const { items } = await this.#gallery.list(this.#info.name, { filter, limit: 2 });
    return items.length === 2;
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
