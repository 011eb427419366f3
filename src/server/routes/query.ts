import type { Request } from 'express';
import { maxQueryParts } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import type { Query, QueryPart } from '../../retrieval/index.ts';
import { counted } from '../../text.ts';
import type { RequestFields } from '../parsing/schemas.ts';
import { pictureOf, picturesOf, requirePicture } from '../uploads/pictures.ts';

type Fields = RequestFields['search'];
type Crops = readonly (Fields['crop'] | null)[];

const refuse = (message: string): never => {
  throw new SnapshelfError('request-invalid', message);
};

/** Checks that a list has one entry for each of what it is about, if it is given at all. */
function requireSame(name: string, list: readonly unknown[] | undefined, about: string, count: number): void {
  if (list !== undefined && list.length !== count)
    refuse(
      `The field ${name} has ${counted(list.length, 'entry', 'entries')}, but ${about} has ${count}: give one for each.`,
    );
}

/** Joins pictures with their crops: one for each, null for the whole picture. */
export function withCrops(
  images: readonly Uint8Array[],
  crops: Crops | undefined,
): { readonly image: Uint8Array; readonly crop?: Fields['crop'] }[] {
  requireSame('crops', crops, 'images', images.length);
  return images.map((image, i) => ({ image, crop: crops?.[i] ?? undefined }));
}

/** Returns the parts of a search by several pictures and items; undefined for another search. */
function partsOf(request: Request, fields: Fields): QueryPart[] | undefined {
  const { imageWeights, crops, itemIds, itemWeights } = fields;
  const images = picturesOf(request, fields.images);
  requireSame('imageWeights', imageWeights, 'images', images?.length ?? 0);
  requireSame('itemWeights', itemWeights, 'itemIds', itemIds?.length ?? 0);
  const pictures = withCrops(images ?? [], crops);
  if (images === undefined && itemIds === undefined) return undefined;
  const parts = [
    ...pictures.map((picture, i) => ({ ...picture, weight: imageWeights?.[i] })),
    ...(itemIds ?? []).map((itemId, i) => ({ itemId, weight: itemWeights?.[i] })),
  ];
  if (parts.length > maxQueryParts)
    refuse(
      `The search is by ${counted(parts.length, 'picture or item', 'pictures and items')}, but at most ${maxQueryParts} are allowed.`,
    );
  return parts;
}

/**
 * Returns the query of a search: exactly one of a picture, an item, a vector, and several pictures and items.
 * @throws SnapshelfError `request-invalid`, `image-missing`.
 */
export function queryOf(request: Request, fields: Fields): Query {
  const { image: inJson, itemId, ownProduct, vector, crop } = fields;
  const image = pictureOf(request, inJson);
  const parts = partsOf(request, fields);
  const given = [image, itemId, vector, parts].filter((value) => value !== undefined).length;
  if (given > 1) refuse('Send one of image, itemId, vector, and images with itemIds, not several.');
  if (crop !== undefined && image === undefined) refuse('The field crop needs a picture.');
  if (ownProduct !== undefined && itemId === undefined && fields.itemIds === undefined)
    refuse('The field ownProduct needs an itemId.');
  if (parts !== undefined) return { parts, ownProduct };
  if (itemId !== undefined) return { itemId, ownProduct };
  if (vector !== undefined) return { vector };
  return { image: requirePicture(request, inJson), crop };
}

/** Returns the options of a search: its fields without those of its query. */
export function searchOptionsOf(fields: Fields): Omit<Fields, keyof typeof queryFields> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !(name in queryFields))) as Omit<
    Fields,
    keyof typeof queryFields
  >;
}

const queryFields = {
  image: true,
  itemId: true,
  ownProduct: true,
  vector: true,
  crop: true,
  images: true,
  imageWeights: true,
  crops: true,
  itemIds: true,
  itemWeights: true,
} as const satisfies Partial<Record<keyof Fields, true>>;
