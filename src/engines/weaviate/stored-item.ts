import { z } from 'zod';
import { areItemTexts, type Item, type Json } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import type { StoredObject } from './cluster.ts';
import { keyOf } from './names.ts';
import { parsedText } from './parsed-text.ts';
import type { NewObject } from './registry.ts';
import { indexedItem } from './terms.ts';

const itemForm = z.object({
  id: z.string(),
  productId: z.string(),
  label: z.string().nullable(),
  metadata: z.record(z.string(), z.json()),
  split: z.string().nullable(),
  imageHash: z.string(),
  sentHash: z.string(),
  sequence: z.number(),
  updatedAt: z.string(),
  /** Of the picture that is stored, if there is one. */
  picture: z.object({ mediaType: z.string(), byteLength: z.number(), sha256: z.string() }).optional(),
  thumbnail: z.object({ byteLength: z.number(), sha256: z.string() }).optional(),
});

/** An item as it stands in the cluster, without its vector. */
export type StoredItem = Omit<z.infer<typeof itemForm>, 'metadata'> & {
  readonly metadata: Record<string, Json>;
};

/** The class properties that every item has; the others hold numbers and texts by their order, one for each field. */
export const itemProperties = [
  { name: 'item', dataType: 'text', indexFilterable: false, indexSearchable: false },
  ...(['key', 'product'] as const).map(
    (name) =>
      ({
        name,
        dataType: 'text',
        tokenization: 'field',
        indexFilterable: true,
        indexSearchable: false,
      }) as const,
  ),
  ...(['terms', 'texts'] as const).map(
    (name) =>
      ({
        name,
        dataType: 'text[]',
        tokenization: 'field',
        indexFilterable: true,
        indexSearchable: false,
      }) as const,
  ),
] as const;

/** Makes the object of an item. */
export function objectOf(
  id: string,
  item: StoredItem,
  vector: Float32Array,
): NewObject & { ordered: string[] } {
  const { terms, texts, ordered } = indexedItem(item);
  return {
    id,
    properties: {
      item: JSON.stringify(item),
      key: keyOf(item.id),
      product: keyOf(item.productId),
      terms,
      texts,
      ...ordered,
    },
    vectors: Array.from(vector),
    ordered: Object.keys(ordered),
  };
}

/** Reads the item of an object. @throws SnapshelfError `item-damaged` for what no write would have stored. */
export function storedItemOf(properties: Readonly<Record<string, unknown>>): StoredItem {
  const parsed = itemForm.safeParse(parsedText(properties['item']));
  if (
    parsed.success &&
    areItemTexts(parsed.data.id, parsed.data.productId, parsed.data.label, parsed.data.split)
  )
    return parsed.data as StoredItem;
  throw new SnapshelfError('item-damaged', 'An item in Weaviate is not what was stored. Add it again.');
}

/** Returns an item as callers see it. */
export function itemOf({ picture, thumbnail, ...item }: StoredItem): Item {
  const { sequence, updatedAt, ...fields } = item;
  return {
    ...fields,
    hasImage: picture !== undefined,
    hasThumbnail: thumbnail !== undefined,
    sequence,
    updatedAt,
  };
}

/** Reads the vector of an object, as it was given. @throws SnapshelfError `item-damaged` for another number of numbers. */
export function vectorOf({ vectors }: Pick<StoredObject, 'vectors'>, dimension: number): Float32Array {
  const vector = Float32Array.from(vectors?.['default'] ?? []);
  if (vector.length === dimension) return vector;
  throw new SnapshelfError(
    'item-damaged',
    `A vector in Weaviate has ${vector.length} numbers, not ${dimension}. Add the item again.`,
  );
}
