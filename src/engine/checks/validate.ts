import { checkWhole } from '../../arguments.ts';
import { SnapshelfError } from '../../errors.ts';
import { canonical } from '../../text.ts';
import { metricOf, probabilityProblem, settleMetric } from '../../vectors/index.ts';
import type { CollectionSettings } from '../collection-types.ts';
import type { ItemInput, ItemUpdate } from '../types.ts';
import { type MetadataRules, metadataProblem } from './metadata.ts';

/** Largest number of numbers in a vector. */
export const maxDimension = 16_384;
/** Bytes of an item's metadata as JSON. */
export const maxMetadataBytes: number = 64 * 1024;
/** Bytes, and so characters at most, of metadata that is stored: values that became text take up to twice as much. */
export const maxStoredMetadata: number = 192 * 1024;
/** Values in an item's metadata: the object itself and every object, array, text, number, true, false and null in it. */
export const maxMetadataValues = 1000;
/** Characters of an item's label. */
const maxLabelCharacters = 512;
const splits: readonly unknown[] = ['train', 'query', 'gallery', 'test'];
/** Media types that a stored picture may be served as: none that a browser would run. */
const imageTypes: readonly unknown[] = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/avif',
  'image/gif',
  'application/octet-stream',
];

/** True if a picture may be stored under, and served as, that media type. */
export const isImageType = (value: unknown): boolean => imageTypes.includes(value);

/** True if an earlier release may have stored that media type: any type of picture. Types out of the list are served as bytes. */
export const isStoredImageType = (value: string): boolean =>
  isImageType(value) || /^image\/[\w.+-]{1,60}( *;[ -~]{0,60})?$/i.test(value);

/** Rules that differ between items that are written and items that earlier releases have stored. */
export interface ItemRules extends MetadataRules {
  readonly isImageType: (value: string) => boolean;
}

/** Items that are written. */
const writtenItems: ItemRules = { maxValues: maxMetadataValues, maxBytes: maxMetadataBytes, isImageType };
/** Items of which a part is stored already, and stays as it is. */
export const changedItems: ItemRules = { ...writtenItems, takesStored: true };
/** Items of a snapshot: those of releases that bounded metadata in bytes only, and took any media type, have to come back. */
export const storedItems: ItemRules = {
  maxValues: 32_768,
  maxBytes: maxStoredMetadata,
  takesStored: true,
  isImageType: isStoredImageType,
};

/** True if a collection may have that name. */
export const isName = (name: unknown): name is string =>
  typeof name === 'string' && /^[a-z0-9][a-z0-9_-]{0,63}$/.test(name);

/**
 * Checks a collection's name: 1 to 64 of `a-z 0-9 _ -`, beginning with a letter or digit.
 * @throws SnapshelfError `id-invalid`.
 */
export function checkName(name: string): void {
  if (isName(name)) return;
  throw new SnapshelfError(
    'id-invalid',
    `A collection's name is 1 to 64 of a-z, 0-9, _ and -, beginning with a letter or digit, not ${JSON.stringify(name)}.`,
  );
}

const isSafePath = (id: string): boolean =>
  !id.includes('\\') && id.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

/** True if an item may have that id; see `checkItemId`. */
export const isItemId = (id: unknown): id is string => isText(id, 512) && id !== '' && isSafePath(id);

/**
 * Checks an item's id: 1 to 512 characters of well-formed Unicode without control characters and backslashes, which
 * neither begins with `/` nor has empty, `.` or `..` segments.
 * @throws SnapshelfError `id-invalid`.
 */
export function checkItemId(id: string): void {
  if (isItemId(id)) return;
  throw new SnapshelfError(
    'id-invalid',
    `An item id has 1 to 512 characters, no control characters or backslashes, no leading "/" and no empty, "." or ".." segment, unlike ${JSON.stringify(id)}.`,
  );
}

/** True if the texts of an item are as `checkItem` accepts them: a file may be anybody's. */
export const areItemTexts = (
  id: string,
  productId: string,
  label: string | null,
  split: string | null,
): boolean =>
  isItemId(id) &&
  productId !== '' &&
  isText(productId, 512) &&
  (label === null || isText(label, maxLabelCharacters)) &&
  (split === null || splits.includes(split));

/** True for a string of at most `length` characters, well-formed and without control characters. */
const isText = (value: unknown, length: number): value is string =>
  typeof value === 'string' && value.length <= length && !/[\p{Cc}\p{Cs}]/u.test(value);

/** The part of a collection's settings that its vectors must fit. */
export type VectorRules = Pick<CollectionSettings, 'dimension' | 'metric'>;

/**
 * Checks a vector.
 * @throws SnapshelfError `dimension-mismatch`; `vector-invalid` for numbers that are not finite or, under a metric of
 * probabilities, are none; TypeError if it is no Float32Array.
 */
export function checkVector(vector: Float32Array, { dimension, metric }: VectorRules): void {
  if (!(vector instanceof Float32Array))
    throw new TypeError(`vector must be a Float32Array, not ${typeof vector}.`);
  if (vector.length !== dimension)
    throw new SnapshelfError(
      'dimension-mismatch',
      `The vector has ${vector.length} numbers, the collection takes ${dimension}.`,
      { details: { given: vector.length, expected: dimension } },
    );
  const bad = vector.findIndex((value) => !Number.isFinite(value));
  if (bad !== -1)
    throw new SnapshelfError('vector-invalid', `The vector's number ${bad} is ${vector[bad]}, not finite.`);
  if (metricOf(metric).vectors !== 'probabilities') return;
  const problem = probabilityProblem(vector, 0, dimension);
  if (problem !== undefined)
    throw new SnapshelfError(
      'vector-invalid',
      `The metric ${metric} compares softmax vectors, but the vector ${problem}.`,
    );
}

/**
 * Checks an item.
 * @param rules Default: those of items that are written.
 * @throws SnapshelfError `id-invalid`, `item-invalid`, `dimension-mismatch`, `vector-invalid`.
 */
export function checkItem(item: ItemInput, space: VectorRules, rules: ItemRules = writtenItems): void {
  checkItemFields(item, rules);
  for (const field of ['imageHash', 'sentHash'] as const)
    if (!/^([0-9a-f]{64})?$/.test(item[field] ?? ''))
      refuseItem(item, field, 'must be a SHA-256 in hex, or empty');
  if (item.imageType !== undefined && !rules.isImageType(item.imageType))
    refuseItem(item, 'imageType', `must be ${imageTypes.join(', ')}`);
  checkVector(item.vector, space);
}

const refuseItem = ({ id }: { readonly id: string }, field: string, rule: string): never => {
  throw new SnapshelfError('item-invalid', `The ${field} of item ${JSON.stringify(id)} ${rule}.`);
};

/** Checks the fields that are known before an item's picture is decoded. @throws SnapshelfError `id-invalid`, `item-invalid`. */
export function checkItemFields(
  item: Pick<ItemInput, 'id' | 'productId' | 'label' | 'split' | 'metadata'>,
  rules: ItemRules = writtenItems,
): void {
  checkItemId(item.id);
  // Composed, some texts are longer.
  checkItemId(canonical(item.id));
  const refuse = (field: string, rule: string): never => refuseItem(item, field, rule);
  const text = 'must have at most 512 characters and no control characters';
  if (item.productId !== undefined && (item.productId === '' || !isText(canonicalText(item.productId), 512)))
    refuse('productId', `must not be empty, and ${text}`);
  if (item.label !== undefined && !isText(canonicalText(item.label), maxLabelCharacters))
    refuse('label', text);
  if (item.split !== undefined && !splits.includes(item.split))
    refuse('split', `must be ${splits.join(', ')}`);
  const problem = metadataProblem(item.metadata ?? {}, rules);
  if (problem !== undefined) refuse('metadata', problem);
}

/** Checks a change of an item's fields. @throws SnapshelfError `id-invalid`, `item-invalid`. */
export function checkUpdate({ id, productId, label, split, metadata }: ItemUpdate): void {
  checkItemFields({
    id,
    productId: productId ?? undefined,
    label: label ?? undefined,
    split: split ?? undefined,
    metadata,
  });
}

/** The one spelling of a text; what is none stays, to be refused. */
const canonicalText = (value: unknown): unknown => (typeof value === 'string' ? canonical(value) : value);

/** Checks the settings of a new collection. @throws SnapshelfError `id-invalid` for the name; TypeError, RangeError for the rest. */
export function checkSettings(settings: CollectionSettings): void {
  checkName(settings.name);
  checkSpace(settings);
  if (settings.storeImages !== undefined && typeof settings.storeImages !== 'boolean')
    throw new TypeError(`storeImages must be a boolean, not ${String(settings.storeImages)}.`);
}

/** Checks the part of the settings that vectors depend on. @throws TypeError, RangeError. */
export function checkSpace(space: Omit<CollectionSettings, 'name' | 'storeImages'>): void {
  const { modelId, modelName, dimension } = space;
  if (typeof modelId !== 'string' || !/^[0-9a-f]{64}$/.test(modelId))
    throw new TypeError(`modelId must be a SHA-256 in hex, not ${String(modelId)}.`);
  if (!isText(modelName, 200)) throw new TypeError(`modelName must be text, not ${String(modelName)}.`);
  checkWhole('dimension', dimension, { from: 1, to: maxDimension });
  settleMetric(space);
}
