import type { Embedder } from '../embed/index.ts';
import {
  type CollectionInfo,
  type EmbedLast,
  type Engine,
  HeldLease,
  type Item,
  type Lease,
  type ReembeddedVector,
  type ReembeddingSettings,
} from '../engine/index.ts';
import { type ErrorCode, SnapshelfError } from '../errors.ts';
import { pipeline } from '../threads/index.ts';
import { checkOutput } from './create-collection.ts';

/** Progress of a re-index. */
export interface ReindexProgress {
  /** Items that have a vector of the new model. */
  readonly done: number;
  /** Items of the collection. */
  readonly total: number;
}

/** Options of a re-index. */
export interface ReindexOptions {
  /** Called after every step of 64 items. */
  readonly onProgress?: ((progress: ReindexProgress) => void) | undefined;
  /** Ends the re-index and keeps the old vectors. Another call with the same model continues with the work that is done. */
  readonly signal?: AbortSignal | undefined;
  /** @internal The lease of a job, which keeps one that another process has taken over from writing. Default: it takes one itself. */
  readonly lease?: Lease | undefined;
}

const perStep = 64;

function imageGone(collection: string, item: string | undefined): SnapshelfError {
  const which =
    item === undefined ? 'does not store its pictures' : `has no picture of ${JSON.stringify(item)}`;
  return new SnapshelfError(
    'image-not-stored',
    `The collection ${collection} ${which}, so another model cannot embed them. Index the files again, with that model, into a new collection.`,
  );
}

async function embedItems(
  gallery: Engine,
  name: string,
  embedder: Embedder,
  items: readonly Item[],
  { signal, lease }: ReindexOptions,
) {
  const vectors: ReembeddedVector[] = [];
  const embed = async ({ id, sequence, hasImage }: Item): Promise<ReembeddedVector | undefined> => {
    if (!hasImage) throw imageGone(name, id);
    const image = await imageOf(gallery, name, id);
    if (image === undefined) return undefined;
    return { id, sequence, vector: (await embedder.embed(image, { signal, background: true })).vector };
  };
  for await (const vector of pipeline(items, 16, embed)) if (vector !== undefined) vectors.push(vector);
  await gallery.storeReembedded(name, vectors, lease);
}

/** Embeds the last items at once: others wait to write meanwhile. */
const embedderOfLast =
  (name: string, embedder: Embedder, signal: AbortSignal | undefined): EmbedLast =>
  (items) =>
    Promise.all(
      items.map(async ({ item: { id, sequence }, image }) => {
        if (image === null) throw imageGone(name, id);
        return { id, sequence, vector: (await embedder.embed(image, { signal })).vector };
      }),
    );

/** Returns the stored picture, or undefined if the item was deleted meanwhile. */
async function imageOf(gallery: Engine, name: string, id: string): Promise<Uint8Array | undefined> {
  try {
    return (await gallery.image(name, id)).bytes;
  } catch (error) {
    if (hasCode(error, 'item-not-found')) return undefined;
    throw error;
  }
}

/** Begins the replacement, or continues the one that an interrupted call of this process left. */
async function begin(
  gallery: Engine,
  name: string,
  settings: ReembeddingSettings,
  lease: Lease | undefined,
): Promise<void> {
  try {
    await gallery.beginReembedding(name, settings, lease);
  } catch (error) {
    if (!hasCode(error, 'collection-busy')) throw error;
    if ((await gallery.info(name)).reindex?.modelId === settings.modelId) return;
    await gallery.abortReembedding(name, lease);
    await gallery.beginReembedding(name, settings, lease);
  }
}

const hasCode = (error: unknown, code: ErrorCode): boolean =>
  error instanceof SnapshelfError && error.code === code;

/** Embeds the items that lack a new vector until all have one, then replaces the old vectors. */
async function fill(
  gallery: Engine,
  { name, items: total, reindex }: CollectionInfo,
  embedder: Embedder,
  options: ReindexOptions,
): Promise<CollectionInfo> {
  const { onProgress, signal, lease } = options;
  const last = embedderOfLast(name, embedder, signal);
  for (let done = reindex?.done ?? 0; ; ) {
    signal?.throwIfAborted();
    const pending = await gallery.itemsToReembed(name, perStep);
    if (pending.length > 0) await embedItems(gallery, name, embedder, pending, options);
    done += pending.length;
    onProgress?.({ done, total: Math.max(done, total) });
    if (pending.length === perStep) continue;
    signal?.throwIfAborted();
    const committed = await gallery.commitReembedding(name, lease, last).catch((error: unknown) => {
      // Items were written meanwhile, more than can be embedded while others wait: embed them too.
      if (hasCode(error, 'collection-busy')) return undefined;
      throw error;
    });
    if (committed !== undefined) return committed;
  }
}

/**
 * Gives a collection the vectors of another model, computed from its stored pictures, while searches use the old ones. The
 * last step swaps them in one transaction.
 * @throws SnapshelfError `image-not-stored` if pictures are missing; `metric-mismatch` if the collection's metric does not
 * compare what the model gives.
 * @throws unknown the signal's reason if it aborts.
 */
async function reindexCollection(
  gallery: Engine,
  info: CollectionInfo,
  embedder: Embedder,
  options: ReindexOptions,
): Promise<CollectionInfo> {
  const { model, dimension } = embedder.info;
  if (model.id === info.modelId) return info;
  checkOutput(info.metric, model.metadata);
  if (!info.storeImages && info.items > 0) throw imageGone(info.name, undefined);
  const settings = { modelId: model.id, modelName: model.metadata.name, dimension };
  await begin(gallery, info.name, settings, options.lease);
  try {
    // As it is now: where it goes on, some items have their vectors.
    return await fill(gallery, await gallery.info(info.name), embedder, options);
  } catch (error) {
    // Interrupted work is worth keeping, also what the engine's absence has interrupted; failed work would fail again.
    if (!options.signal?.aborted && !hasCode(error, 'engine-unavailable'))
      await gallery.abortReembedding(info.name, options.lease);
    throw error;
  }
}

/**
 * Re-indexes as `reindexCollection`, and alone: where other processes may do the same, by a lease.
 * @throws SnapshelfError `collection-busy` while another process does it; `lease-lost`.
 */
export async function reindexAlone(
  gallery: Engine,
  info: CollectionInfo,
  embedder: Embedder,
  options: ReindexOptions,
): Promise<CollectionInfo> {
  const { records } = gallery;
  if (records === undefined || options.lease !== undefined)
    return reindexCollection(gallery, info, embedder, options);
  const held = await HeldLease.take(records, `reindex of ${info.name}`);
  if (held === undefined)
    throw new SnapshelfError('collection-busy', `The collection ${info.name} is being re-indexed.`);
  try {
    const signal = AbortSignal.any([held.signal, ...(options.signal ? [options.signal] : [])]);
    return await reindexCollection(gallery, info, embedder, { ...options, signal, lease: held.lease });
  } finally {
    await held.release();
  }
}
