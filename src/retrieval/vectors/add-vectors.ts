import {
  type CollectionInfo,
  checkFieldTypes,
  checkItem,
  type Engine,
  type ItemInput,
  type WidenedField,
} from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { rowOf } from '../../vectors/index.ts';
import { type StoredItem, storeItems } from '../store-items.ts';
import { type BadLine, isBadLine, type VectorItem } from './vector-items.ts';

/** Items with their vectors, row by row. */
export interface VectorRows {
  readonly items: readonly (VectorItem | BadLine)[];
  /** `float32[N,D]`, raw. */
  readonly vectors: Float32Array;
}

/** Options of adding vectors. */
export interface AddVectorsOptions {
  /** True refuses metadata whose type is not its field's, before anything is stored. Default false. */
  readonly strict?: boolean | undefined;
  /** Ends the work after the transaction under way. */
  readonly signal?: AbortSignal | undefined;
}

/** The results of rows, in order: the stored item with its change, or why the row was not stored. */
export interface AddedVectors {
  readonly results: readonly (StoredItem | SnapshelfError)[];
  /** Metadata fields that became text. */
  readonly widened: readonly WidenedField[];
}

/** Items per transaction at most, and bytes of vectors: a search waits for no more than that. */
const itemsAtOnce = 1000;
const bytesAtOnce = 4 * 2 ** 20;

/** The number of rows that are stored in one transaction. */
export const rowsAtOnce = (dimension: number): number =>
  Math.max(1, Math.min(itemsAtOnce, Math.floor(bytesAtOnce / (4 * dimension))));

/** Makes the item of a row. @throws SnapshelfError if it may not be stored. */
function inputOf(item: VectorItem | BadLine, vector: Float32Array, info: CollectionInfo): ItemInput {
  if (isBadLine(item)) throw new SnapshelfError('item-invalid', item.problem);
  const { picture, ...fields } = item;
  const input = { ...fields, vector, imageHash: '', ...picture };
  // Before the transaction, which one bad item would undo for all.
  checkItem(input, info);
  return input;
}

/**
 * Stores items by their vectors, in transactions of at most 1,000. A row that cannot be stored does not affect the others; an
 * item that is there just so is left as it is, so that an import that was interrupted can be run again.
 * @param modelId the model that made the vectors
 * @throws SnapshelfError `model-mismatch`, `collection-not-found`, `disk-full`; `field-type-mismatch` before anything is stored, if it is strict.
 * @throws unknown the signal's reason if it aborts.
 */
export async function addVectors(
  gallery: Engine,
  info: CollectionInfo,
  modelId: string,
  { items, vectors }: VectorRows,
  { strict = false, signal }: AddVectorsOptions = {},
): Promise<AddedVectors> {
  const { name, dimension } = info;
  if (strict)
    checkFieldTypes(
      info.fields,
      items.filter((item): item is VectorItem => !isBadLine(item)),
    );
  const results: (StoredItem | SnapshelfError)[] = [];
  const widened: WidenedField[] = [];
  const most = rowsAtOnce(dimension);
  for (let start = 0; start < items.length; start += most) {
    signal?.throwIfAborted();
    const inputs = items
      .slice(start, start + most)
      .map((item, i) => tried(item, rowOf({ vectors, dimension }, start + i), info));
    const good = inputs.filter((input): input is ItemInput => !(input instanceof SnapshelfError));
    const stored = await storeItems(gallery, name, modelId, good, { strict });
    widened.push(...stored.widened);
    const next = stored.results.values();
    for (const input of inputs)
      results.push(input instanceof SnapshelfError ? input : (next.next().value as StoredItem));
  }
  return { results, widened };
}

function tried(...given: Parameters<typeof inputOf>): ItemInput | SnapshelfError {
  try {
    return inputOf(...given);
  } catch (error) {
    if (error instanceof SnapshelfError) return error;
    throw error;
  }
}
