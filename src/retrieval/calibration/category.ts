import type { Item } from '../../engine/index.ts';
import { categoryName } from '../../matching/index.ts';

const inMetadata = 'metadata.';

/** Checks the field of categories. @throws RangeError. */
export function checkCategory(field: string): void {
  const isKnown = field === 'label' || (field.startsWith(inMetadata) && field.length > inMetadata.length);
  if (!isKnown || field.length > 600)
    throw new RangeError(
      `category must be label, or metadata. and a key, such as metadata.kind, not ${JSON.stringify(field)}.`,
    );
}

/** Returns the category of an item; null for none, and where the field has a list or an object. */
export const categoryOf = ({ label, metadata }: Item, field: string): string | null =>
  categoryName(field === 'label' ? label : metadata[field.slice(inMetadata.length)]);
