import { isDeepStrictEqual } from 'node:util';
import {
  checkFieldTypes,
  type Item,
  type ItemInput,
  type ItemUpdate,
  type WidenedField,
  type WriteOptions,
} from '../engine/index.ts';
import { SnapshelfError } from '../errors.ts';
import { type ImageLimits, isPictureError, readPictureFile } from '../image/index.ts';
import { pipeline } from '../threads/index.ts';
import type { AddContext } from './add-items.ts';
import type { FailedSample, ImportOptions, ImportReport, ImportSample } from './import-types.ts';
import { NamedList } from './named-list.ts';
import { prepareItem, toStored } from './prepare-item.ts';
import { idsToPrune } from './prune.ts';
import { type Columns, toColumns, withStored } from './stated-fields.ts';
import { isItemError, type StoredItem, type StoreResult, storeItems, updateFields } from './store-items.ts';

/** The collection that samples are imported into, and the settings that they are prepared with. */
export interface ImportContext extends AddContext {
  /** True if the collection keeps pictures. */
  readonly storeImages: boolean;
  readonly columns: Columns;
}

type Outcome =
  | { readonly kind: 'item'; readonly sample: ImportSample; readonly item: ItemInput }
  | { readonly kind: 'update'; readonly sample: ImportSample; readonly update: ItemUpdate }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'failed'; readonly sample: ImportSample; readonly error: SnapshelfError };

/** Samples whose hashes are asked for in one call. */
const lookAhead = 256;

interface Known {
  readonly sample: ImportSample;
  /** Hash of the collection's picture with this id. */
  readonly hash: string | undefined;
}

/** Adds to each sample the hash of the collection's picture with its id, in whatever spelling, many ids at a time. */
async function* withKnownHashes(
  samples: Iterable<ImportSample>,
  { gallery, collection }: ImportContext,
): AsyncGenerator<Known> {
  let chunk: ImportSample[] = [];
  const flush = async (): Promise<Known[]> => {
    const ids = chunk.map(({ id }) => id);
    const hashes = await gallery.hashes(collection, ids);
    const known = chunk.map((sample) => ({ sample, hash: hashes.get(sample.id) }));
    chunk = [];
    return known;
  };
  for (const sample of samples) {
    chunk.push(sample);
    if (chunk.length === lookAhead) yield* await flush();
  }
  yield* await flush();
}

async function readPicture(path: string, limits: ImageLimits): Promise<Uint8Array> {
  try {
    return await readPictureFile(path, limits);
  } catch (cause) {
    if (cause instanceof SnapshelfError || !isPictureError(cause)) throw cause;
    throw new SnapshelfError('source-invalid', `The image cannot be read: ${cause.message}.`, { cause });
  }
}

/** Returns what is to be done about a sample whose picture is there already; undefined if it has to be stored anew. */
function fieldsOutcome(sample: ImportSample, item: Item, storeImages: boolean): Outcome | undefined {
  if (item.hasImage !== storeImages) return undefined;
  const { id, productId = id, label = null, split = null, metadata = {} } = sample;
  const wanted = [productId, label, split, metadata];
  if (isDeepStrictEqual([item.productId, item.label, item.split, item.metadata], wanted))
    return { kind: 'unchanged' };
  return { kind: 'update', sample, update: { id, productId, label, split, metadata } };
}

/** True if a picture is the one that an item was made of, and what would be stored of it is what is stored. */
async function isStored(item: Item, image: Uint8Array, { keepGps }: ImportContext): Promise<boolean> {
  if (image.length === 0) return false;
  const { imageHash, sentHash } = await toStored(image, keepGps);
  return sentHash === item.sentHash && imageHash === item.imageHash;
}

async function lookAt({ sample, hash }: Known, context: ImportContext): Promise<Outcome> {
  const { gallery, collection, limits, storeImages, columns, signal } = context;
  try {
    signal?.throwIfAborted();
    const image = await readPicture(sample.path, limits);
    const item = hash === undefined ? undefined : await gallery.get(collection, sample.id);
    const { newProductId } = sample;
    const whole =
      item === undefined
        ? { ...sample, productId: sample.productId ?? newProductId }
        : withStored(sample, item, columns);
    const isSame = item !== undefined && (await isStored(item, image, context));
    const outcome = isSame ? fieldsOutcome(whole, item, storeImages) : undefined;
    return outcome ?? { kind: 'item', sample, item: await prepareItem({ ...whole, image }, context) };
  } catch (error) {
    if (isItemError(error)) return { kind: 'failed', sample, error };
    throw error;
  }
}

/** The work of one import: what waits for its transaction, and the counts. */
class Import {
  readonly #context: ImportContext;
  readonly #options: WriteOptions;
  readonly #failed: FailedSample[] = [];
  readonly #replaced = new NamedList();
  readonly #updated = new NamedList();
  readonly #removed = new NamedList();
  readonly #widened = new Map<string, WidenedField>();
  readonly #counts = { added: 0, unchanged: 0 };
  #items: { readonly sample: ImportSample; readonly item: ItemInput }[] = [];
  #updates: { readonly sample: ImportSample; readonly update: ItemUpdate }[] = [];

  constructor(context: ImportContext, options: WriteOptions) {
    this.#context = context;
    this.#options = options;
  }

  get waiting(): number {
    return this.#items.length + this.#updates.length;
  }

  get done(): number {
    const { added, unchanged } = this.#counts;
    const changed = this.#replaced.count + this.#updated.count;
    return added + changed + unchanged + this.#failed.length + this.waiting;
  }

  take(outcome: Outcome): void {
    if (outcome.kind === 'item') this.#items.push(outcome);
    else if (outcome.kind === 'update') this.#updates.push(outcome);
    else if (outcome.kind === 'unchanged') this.#counts.unchanged += 1;
    else this.#fail(outcome.sample, outcome.error);
  }

  /** Writes what waits. */
  async write(): Promise<void> {
    const { gallery, collection } = this.#context;
    const items = this.#items;
    const updates = this.#updates;
    this.#items = [];
    this.#updates = [];
    if (items.length > 0) {
      const prepared = items.map(({ item }) => item);
      const { modelId } = this.#context;
      this.#count(await storeItems(gallery, collection, modelId, prepared, this.#options), items);
    }
    if (updates.length > 0) {
      const changes = updates.map(({ update }) => update);
      this.#count(await updateFields(gallery, collection, changes, this.#options), updates);
    }
  }

  async prune(ids: readonly string[]): Promise<void> {
    const { gallery, collection } = this.#context;
    for (let start = 0; start < ids.length; start += lookAhead) {
      const some = ids.slice(start, start + lookAhead);
      await gallery.delete(collection, some);
      this.#removed.add(some);
    }
  }

  report(): ImportReport {
    return {
      ...this.#counts,
      replaced: this.#replaced.named(),
      updated: this.#updated.named(),
      removed: this.#removed.named(),
      failed: this.#failed,
      widened: [...this.#widened.values()],
    };
  }

  #count(stored: StoreResult, from: readonly { readonly sample: ImportSample }[]): void {
    for (const field of stored.widened) this.#widened.set(field.field, field);
    for (const [i, result] of stored.results.entries()) {
      const sample = from[i]?.sample;
      if (!(result instanceof SnapshelfError)) this.#countChange(result);
      else if (sample !== undefined) this.#fail(sample, result);
    }
  }

  #countChange({ item, change }: StoredItem): void {
    if (change === 'replaced') this.#replaced.add([item.id]);
    else if (change === 'updated') this.#updated.add([item.id]);
    else this.#counts[change] += 1;
  }

  #fail({ id, path }: ImportSample, error: SnapshelfError): void {
    this.#failed.push({ id, path, error });
  }
}

/**
 * Adds pictures on disk to a collection; see `Retriever.importSamples`. A bounded number of pictures is read, decoded and
 * embedded at a time, so memory does not grow with their count, but for the ids where it prunes.
 * @throws SnapshelfError as `Embedder.embed` and `Engine.upsert`, if it concerns more than one picture; `prune-refused`
 * and `field-type-mismatch` before anything is stored.
 * @throws unknown the signal's reason if it aborts.
 */
export async function importSamples(
  samples: Iterable<ImportSample>,
  place: Omit<ImportContext, 'columns'>,
  { batch = 64, prune, columns, strict = false, lease, onProgress }: ImportOptions,
): Promise<ImportReport> {
  const context: ImportContext = { ...place, columns: toColumns(columns) };
  const list = prune === undefined && !strict ? samples : [...samples];
  if (strict) checkFieldTypes((await context.gallery.info(context.collection)).fields, list);
  const gone = prune === undefined ? [] : await idsToPrune(list, context, prune);
  const work = new Import(context, { strict, lease });
  const known = withKnownHashes(list, context);
  for await (const outcome of pipeline(known, context.concurrency, (one) => lookAt(one, context))) {
    work.take(outcome);
    if (work.waiting >= batch) await work.write();
    onProgress?.({ done: work.done });
    context.signal?.throwIfAborted();
  }
  await work.write();
  await work.prune(gone);
  onProgress?.({ done: work.done });
  return work.report();
}
