import { isDeepStrictEqual } from 'node:util';
import { SnapshelfError } from '../errors.ts';
import type { ItemInput, Json, Split } from '../gallery/index.ts';
import { isPictureError, readPictureFile } from '../image/index.ts';
import { pipeline } from '../threads/index.ts';
import type { AddContext } from './add-items.ts';
import { hashOf, prepareItem } from './prepare-item.ts';
import { isItemError, storeItems } from './store-items.ts';

/** A picture on disk, with the fields of its item. */
export interface ImportSample {
  readonly id: string;
  readonly path: string;
  /** Class of the picture. */
  readonly label: string;
  /** Id of the product that the picture shows. Default: the item's id. */
  readonly productId?: string | undefined;
  readonly split?: Split | undefined;
  readonly metadata?: Readonly<Record<string, Json>> | undefined;
}

/** Progress of an import. */
export interface ImportProgress {
  /** Pictures that were added, are unchanged or failed. */
  readonly done: number;
}

/** Options of an import. */
export interface ImportOptions {
  /** Items per transaction, 1 or more. More are faster, but are done again after a crash. Default 64. */
  readonly batch?: number | undefined;
  /** Called after every picture. */
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  /** Ends the import after the transaction under way. */
  readonly signal?: AbortSignal | undefined;
}

/** Result of an import. */
export interface ImportReport {
  /** Items added or replaced. */
  readonly added: number;
  /** Items that were there with the same picture and fields. */
  readonly unchanged: number;
  /** Pictures that were not added, each with its error. */
  readonly failed: readonly { readonly id: string; readonly path: string; readonly error: SnapshelfError }[];
}

interface Prepared {
  readonly kind: 'item';
  readonly sample: ImportSample;
  readonly item: ItemInput;
}

type Outcome =
  | Prepared
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'failed'; readonly sample: ImportSample; readonly error: SnapshelfError };

/** The collection that samples are imported into, and the settings that they are prepared with. */
export interface ImportContext extends AddContext {
  /** True if the collection keeps pictures. */
  readonly storeImages: boolean;
}

/** Samples whose hashes are asked for in one call. */
const lookAhead = 256;

interface Known {
  readonly sample: ImportSample;
  /** Hash of the collection's picture with this id. */
  readonly hash: string | undefined;
}

/** Adds to each sample the hash of the collection's picture with its id, many ids at a time. */
async function* withKnownHashes(
  samples: Iterable<ImportSample>,
  { gallery, collection }: ImportContext,
): AsyncGenerator<Known> {
  let chunk: ImportSample[] = [];
  const flush = async (): Promise<Known[]> => {
    const hashes = await gallery.hashes(
      collection,
      chunk.map(({ id }) => id),
    );
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

async function isUnchanged(
  sample: ImportSample,
  { gallery, collection, storeImages }: ImportContext,
): Promise<boolean> {
  const item = await gallery.get(collection, sample.id);
  const { id, productId = id, label, split = null, metadata = {} } = sample;
  return (
    item.hasImage === storeImages &&
    isDeepStrictEqual(
      [item.productId, item.label, item.split, item.metadata],
      [productId, label, split, metadata],
    )
  );
}

async function readPicture(path: string, { limits }: ImportContext): Promise<Uint8Array> {
  try {
    return await readPictureFile(path, limits);
  } catch (cause) {
    if (cause instanceof SnapshelfError || !isPictureError(cause)) throw cause;
    throw new SnapshelfError('source-invalid', `The image cannot be read: ${cause.message}.`, { cause });
  }
}

async function embedSample({ sample, hash }: Known, context: ImportContext): Promise<Outcome> {
  try {
    context.signal?.throwIfAborted();
    const image = await readPicture(sample.path, context);
    if (hash !== undefined && hash === (await hashOf(image)) && (await isUnchanged(sample, context)))
      return { kind: 'unchanged' };
    return { kind: 'item', sample, item: await prepareItem({ ...sample, image }, context) };
  } catch (error) {
    if (isItemError(error)) return { kind: 'failed', sample, error };
    throw error;
  }
}

/**
 * Adds pictures on disk to a collection; see `Retriever.importSamples`. A bounded number of pictures is read, decoded and
 * embedded at a time, so memory does not grow with their count.
 * @throws SnapshelfError as `Embedder.embed` and `Gallery.upsert`, if it concerns more than one picture.
 * @throws unknown the signal's reason if it aborts.
 */
export async function importSamples(
  samples: Iterable<ImportSample>,
  context: ImportContext,
  { batch = 64, onProgress }: ImportOptions,
): Promise<ImportReport> {
  const report = { added: 0, unchanged: 0, failed: [] as ImportReport['failed'][number][] };
  let waiting: Prepared[] = [];
  const write = async (): Promise<void> => {
    const items = waiting;
    waiting = [];
    const { gallery, collection, modelId } = context;
    const stored = await storeItems(
      gallery,
      collection,
      modelId,
      items.map(({ item }) => item),
    );
    for (const [i, result] of stored.entries()) {
      const sample = items[i]?.sample;
      if (!(result instanceof SnapshelfError)) report.added += 1;
      else if (sample !== undefined) report.failed.push({ id: sample.id, path: sample.path, error: result });
    }
  };
  const tell = (): void =>
    onProgress?.({ done: report.added + waiting.length + report.unchanged + report.failed.length });
  const known = withKnownHashes(samples, context);
  for await (const outcome of pipeline(known, context.concurrency, (one) => embedSample(one, context))) {
    if (outcome.kind === 'item') waiting.push(outcome);
    else if (outcome.kind === 'unchanged') report.unchanged += 1;
    else report.failed.push({ id: outcome.sample.id, path: outcome.sample.path, error: outcome.error });
    if (waiting.length >= batch) await write();
    tell();
    context.signal?.throwIfAborted();
  }
  await write();
  tell();
  return report;
}
