import { SnapshelfError } from '../../errors.ts';
import type { VectorSpace } from '../storage/settings.ts';

/** Makes the `model-mismatch` error, with the command that changes a collection's model. */
export function modelMismatch(
  collection: string,
  { modelId, modelName }: VectorSpace,
  given: string,
): SnapshelfError {
  return new SnapshelfError(
    'model-mismatch',
    `The collection ${collection} holds vectors of the model ${modelName} (${modelId.slice(0, 12)}), not of ${given.slice(0, 12)}. Re-index the collection to change its model.`,
    { details: { collection, expected: modelId, given } },
  );
}

/** Makes the `item-not-found` error. */
export function itemNotFound(collection: string, id: string): SnapshelfError {
  return new SnapshelfError(
    'item-not-found',
    `The collection ${collection} has no item ${JSON.stringify(id)}.`,
    { details: { collection, id } },
  );
}

/** Makes the `image-not-stored` error. */
export function notStored(kind: 'image' | 'thumbnail', id: string): SnapshelfError {
  return new SnapshelfError('image-not-stored', `No ${kind} of item ${JSON.stringify(id)} is stored.`);
}

/** Makes the `collection-not-found` error. */
export const collectionNotFound = (name: string): SnapshelfError =>
  new SnapshelfError('collection-not-found', `There is no collection ${name}.`, {
    details: { collection: name },
  });

/** Makes the `collection-exists` error. `advice` is a sentence. */
export const collectionExists = (
  name: string,
  advice: string,
  details: Readonly<Record<string, unknown>> = {},
): SnapshelfError =>
  new SnapshelfError('collection-exists', `There is a collection ${name} already. ${advice}`, {
    details: { collection: name, ...details },
  });

/** Makes the `gallery-damaged` error of an item whose vector is missing, or holds something other than finite numbers. */
export function vectorDamaged(id: string, vector: Float32Array | undefined): SnapshelfError {
  const why = vector === undefined ? 'is missing' : 'holds no finite numbers';
  return new SnapshelfError('gallery-damaged', `The vector of item ${JSON.stringify(id)} ${why}.`);
}
