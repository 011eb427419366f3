import { SnapshelfError } from '../../errors.ts';
import type { CollectionRow } from './tables.ts';

/** Makes the error of vectors of another model than the collection's. */
export const modelMismatch = ({ name, space }: CollectionRow, given: string): SnapshelfError =>
  new SnapshelfError(
    'model-mismatch',
    `The collection ${name} holds vectors of the model ${space.modelName} (${space.modelId.slice(0, 12)}), not of ${given.slice(0, 12)}. Re-index the collection to change its model.`,
    { details: { collection: name, expected: space.modelId, given } },
  );
