import { SnapshelfError } from '../../errors.ts';
import type { Space } from '../storage/settings.ts';

/** `model-mismatch`, with the command that changes a collection's model. */
export function modelMismatch(
  collection: string,
  { modelId, modelName }: Space,
  given: string,
): SnapshelfError {
  return new SnapshelfError(
    'model-mismatch',
    `The collection ${collection} holds vectors of the model ${modelName} (${modelId.slice(0, 12)}), not of ${given.slice(0, 12)}. To change its model: snapshelf reindex --collection ${collection} --model FILE.onnx`,
    { details: { collection, expected: modelId, given } },
  );
}

export function itemNotFound(collection: string, id: string): SnapshelfError {
  return new SnapshelfError(
    'item-not-found',
    `The collection ${collection} has no item ${JSON.stringify(id)}.`,
    { details: { collection, id } },
  );
}

export function notStored(what: 'image' | 'thumbnail', id: string): SnapshelfError {
  return new SnapshelfError('image-not-stored', `No ${what} of item ${JSON.stringify(id)} is stored.`);
}

export function alreadyReindexing(collection: string, { modelName }: Space): SnapshelfError {
  return new SnapshelfError(
    'collection-busy',
    `The collection ${collection} is being re-indexed with the model ${modelName}: wait for that, or abort it.`,
  );
}
