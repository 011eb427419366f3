import { isDeepStrictEqual } from 'node:util';
import { SnapshelfError } from '../errors.ts';
import type { Item, ItemUpdate, WidenedField } from '../gallery/index.ts';
import { type ImageLimits, isPictureError, readPictureFile } from '../image/index.ts';
import { pipeline } from '../threads/index.ts';
import type { FailedSample, ImportOptions, ImportReport, ImportSample } from './import-types.ts';
import { NamedList } from './named-list.ts';
import { hashOf } from './prepare-item.ts';
import { idsToPrune } from './prune.ts';
import { isItemError, type StoreResult } from './store-items.ts';

/** What an import asks of a collection, which is in this process or in a server's. */
export interface ImportTarget<Prepared> {
  /** True if the collection keeps pictures. */
  readonly storeImages: boolean;
  readonly limits: ImageLimits;
  /** Pictures under way at a time. */
  readonly concurrency: number;
  /** Returns the image hashes of those of the ids that exist. */
  hashes(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  get(id: string): Promise<Item>;
  /** Returns a page of the ids that begin so, rising; an empty one ends them. */
  ids(prefix: string, after: string | undefined): Promise<readonly string[]>;
  /** Makes of a picture what is stored of it. */
  prepare(sample: ImportSample, image: Uint8Array): Promise<Prepared>;
  /** Stores in one transaction, if possible. */
  store(prepared: readonly Prepared[], strict: boolean): Promise<StoreResult>;
  /** Replaces the fields of items whose pictures stay. */
  update(updates: readonly ItemUpdate[], strict: boolean): Promise<StoreResult>;
  delete(ids: readonly string[]): Promise<number>;
}

type Outcome<Prepared> =
  | { readonly kind: 'item'; readonly sample: ImportSample; readonly item: Prepared }
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

/**
 * Adds to each sample the hash of the collection's picture with its id, many ids at a time. An earlier version stored ids as
 * the file system spelled them, macOS in NFD: such an item keeps its id.
 */
async function* withKnownHashes(
  samples: Iterable<ImportSample>,
  target: Pick<ImportTarget<unknown>, 'hashes'>,
): AsyncGenerator<Known> {
  let chunk: ImportSample[] = [];
  const flush = async (): Promise<Known[]> => {
    const spellings = chunk.flatMap(({ id }) => [...new Set([id, id.normalize('NFD')])]);
    const hashes = await target.hashes(spellings);
    const known = chunk.map((sample) => {
      const old = sample.id.normalize('NFD');
      const id = hashes.has(sample.id) || !hashes.has(old) ? sample.id : old;
      return { sample: id === sample.id ? sample : { ...sample, id }, hash: hashes.get(id) };
    });
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
function fieldsOutcome<T>(sample: ImportSample, item: Item, storeImages: boolean): Outcome<T> | undefined {
  if (item.hasImage !== storeImages) return undefined;
  const { id, productId = id, label = null, split = null, metadata = {} } = sample;
  const wanted = [productId, label, split, metadata];
  if (isDeepStrictEqual([item.productId, item.label, item.split, item.metadata], wanted))
    return { kind: 'unchanged' };
  return { kind: 'update', sample, update: { id, productId, label, split, metadata } };
}

async function lookAt<T>(
  { sample, hash }: Known,
  target: ImportTarget<T>,
  signal: AbortSignal | undefined,
): Promise<Outcome<T>> {
  try {
    signal?.throwIfAborted();
    const image = await readPicture(sample.path, target.limits);
    const isSame = hash !== undefined && hash === (await hashOf(image));
    const item = isSame ? await target.get(sample.id) : undefined;
    const outcome = item === undefined ? undefined : fieldsOutcome<T>(sample, item, target.storeImages);
    return outcome ?? { kind: 'item', sample, item: await target.prepare(sample, image) };
  } catch (error) {
    if (isItemError(error)) return { kind: 'failed', sample, error };
    throw error;
  }
}

/** The work of one import: what waits for its transaction, and the counts. */
class Import<T> {
  readonly #target: ImportTarget<T>;
  readonly #strict: boolean;
  readonly #failed: FailedSample[] = [];
  readonly #replaced = new NamedList();
  readonly #removed = new NamedList();
  readonly #widened = new Map<string, WidenedField>();
  readonly #counts = { added: 0, updated: 0, unchanged: 0 };
  #items: { readonly sample: ImportSample; readonly item: T }[] = [];
  #updates: { readonly sample: ImportSample; readonly update: ItemUpdate }[] = [];

  constructor(target: ImportTarget<T>, strict: boolean) {
    this.#target = target;
    this.#strict = strict;
  }

  get waiting(): number {
    return this.#items.length + this.#updates.length;
  }

  get done(): number {
    const { added, updated, unchanged } = this.#counts;
    return added + this.#replaced.count + updated + unchanged + this.#failed.length + this.waiting;
  }

  take(outcome: Outcome<T>): void {
    if (outcome.kind === 'item') this.#items.push(outcome);
    else if (outcome.kind === 'update') this.#updates.push(outcome);
    else if (outcome.kind === 'unchanged') this.#counts.unchanged += 1;
    else this.#fail(outcome.sample, outcome.error);
  }

  /** Writes what waits. */
  async write(): Promise<void> {
    const items = this.#items;
    const updates = this.#updates;
    this.#items = [];
    this.#updates = [];
    if (items.length > 0) {
      const prepared = items.map(({ item }) => item);
      this.#count(await this.#target.store(prepared, this.#strict), items);
    }
    if (updates.length > 0) {
      const changes = updates.map(({ update }) => update);
      this.#count(await this.#target.update(changes, this.#strict), updates);
    }
  }

  async prune(ids: readonly string[]): Promise<void> {
    for (let start = 0; start < ids.length; start += lookAhead) {
      const some = ids.slice(start, start + lookAhead);
      await this.#target.delete(some);
      this.#removed.add(some);
    }
  }

  report(): ImportReport {
    const replaced = this.#replaced.named();
    const removed = this.#removed.named();
    return {
      ...this.#counts,
      replaced,
      removed,
      failed: this.#failed,
      widened: [...this.#widened.values()],
    };
  }

  #count(stored: StoreResult, from: readonly { readonly sample: ImportSample }[]): void {
    this.#counts.added += stored.added;
    this.#counts.updated += stored.updated;
    this.#counts.unchanged += stored.unchanged;
    this.#replaced.add(stored.replaced);
    for (const field of stored.widened) this.#widened.set(field.field, field);
    for (const [i, result] of stored.results.entries()) {
      const sample = from[i]?.sample;
      if (sample !== undefined && result instanceof SnapshelfError) this.#fail(sample, result);
    }
  }

  #fail({ id, path }: ImportSample, error: SnapshelfError): void {
    this.#failed.push({ id, path, error });
  }
}

/**
 * Adds pictures on disk to a collection; see `Retriever.importSamples`. A bounded number of pictures is read, decoded and
 * embedded at a time, so memory does not grow with their count, but for the ids where it prunes.
 * @throws SnapshelfError as `Embedder.embed` and `Gallery.upsert`, if it concerns more than one picture; `prune-refused`
 * before anything is stored.
 * @throws unknown the signal's reason if it aborts.
 */
export async function importSamples<T>(
  samples: Iterable<ImportSample>,
  target: ImportTarget<T>,
  { batch = 64, prune, strict = false, onProgress, signal }: ImportOptions,
): Promise<ImportReport> {
  const list = prune === undefined ? samples : [...samples];
  const gone = prune === undefined ? [] : await idsToPrune(list, target, prune);
  const work = new Import(target, strict);
  const known = withKnownHashes(list, target);
  for await (const outcome of pipeline(known, target.concurrency, (one) => lookAt(one, target, signal))) {
    work.take(outcome);
    if (work.waiting >= batch) await work.write();
    onProgress?.({ done: work.done });
    signal?.throwIfAborted();
  }
  await work.write();
  await work.prune(gone);
  onProgress?.({ done: work.done });
  return work.report();
}
