import { checkFieldTypes, type Engine, type ItemInput } from '../engine/index.ts';
import { SnapshelfError } from '../errors.ts';
import { pipeline } from '../threads/index.ts';
import { type AddInput, type PrepareContext, prepareItem } from './prepare-item.ts';
import { isItemError, type StoredItem, storeItems } from './store-items.ts';
import type { AddOptions, AddResult } from './types.ts';

/** The collection that pictures are added to, and the settings that they are prepared with. */
export interface AddContext extends PrepareContext {
  readonly gallery: Engine;
  readonly collection: string;
  readonly modelId: string;
  /** Pictures under way at a time: enough to keep the batches of the embedder full. */
  readonly concurrency: number;
}

/**
 * Embeds and stores pictures. An error that concerns one picture is its result; see `Retriever.add`.
 * @throws SnapshelfError as `Embedder.embed` and `Engine.upsert`, if it concerns more than one picture.
 * @throws SnapshelfError `field-type-mismatch` before anything is stored, if it is strict.
 * @throws unknown the signal's reason if it aborts before pictures are stored.
 */
export async function addItems(
  inputs: readonly AddInput[],
  context: AddContext,
  { strict = false, expected, onWidened }: AddOptions,
): Promise<AddResult[]> {
  const { gallery, collection, modelId, concurrency, signal } = context;
  if (strict) checkFieldTypes((await gallery.info(collection)).fields, inputs);
  const prepared: (ItemInput | SnapshelfError)[] = [];
  const prepare = (input: AddInput): Promise<ItemInput | SnapshelfError> =>
    prepareItem(input, context).catch(itemErrorOrThrow);
  for await (const item of pipeline(inputs, concurrency, prepare)) prepared.push(item);
  signal?.throwIfAborted();
  const good = prepared.filter((item): item is ItemInput => !(item instanceof SnapshelfError));
  const { results, widened } = await storeItems(gallery, collection, modelId, good, { strict, expected });
  for (const field of widened) onWidened?.(field);
  const stored = results.values();
  return prepared.map((item, i) => resultOf(inputs[i]?.id ?? '', item, stored));
}

/** Returns an error that concerns one item alone; rethrows any other. */
function itemErrorOrThrow(error: unknown): SnapshelfError {
  if (isItemError(error)) return error;
  throw error;
}

/** Returns the result of one picture: its own error, or the next result of the items that were prepared. */
function resultOf(
  id: string,
  prepared: ItemInput | SnapshelfError,
  stored: Iterator<StoredItem | SnapshelfError>,
): AddResult {
  const result =
    prepared instanceof SnapshelfError ? prepared : (stored.next().value as StoredItem | SnapshelfError);
  return result instanceof SnapshelfError ? { id, ok: false, error: result } : { id, ok: true, ...result };
}
