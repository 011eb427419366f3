import { SnapshelfError } from '../errors.ts';
import { type CropBox, readPictureFile } from '../image/index.ts';
import type { CropChoice, Query, QueryPart, RetrieverAnswer } from '../retrieval/index.ts';
import { counted } from '../text.ts';

/** The options that say what is searched for. */
export interface QueryOptions {
  readonly item: readonly string[];
  readonly not: readonly string[];
  readonly notItem: readonly string[];
  readonly notWeight: number;
  readonly ownProduct?: boolean;
  readonly crop?: CropChoice;
}

/** Reads the picture at `path`. @throws SnapshelfError `source-invalid`, which names the file. */
async function readPicture(path: string): Promise<Uint8Array> {
  try {
    return await readPictureFile(path);
  } catch (cause) {
    if (cause instanceof SnapshelfError) throw cause;
    throw new SnapshelfError('source-invalid', `${path} cannot be read: ${(cause as Error).message}.`, {
      cause,
    });
  }
}

/** Reads pictures as parts of a query. */
const pictureParts = (
  paths: readonly string[],
  crop: CropChoice | undefined,
  weight?: number,
): Promise<QueryPart[]> =>
  Promise.all(paths.map(async (path) => ({ image: await readPicture(path), crop, weight })));

const itemParts = (ids: readonly string[], weight?: number): QueryPart[] =>
  ids.map((itemId) => ({ itemId, weight }));

function checkCrop(crop: CropChoice | undefined, pictures: number): void {
  if (crop === undefined || (crop === 'auto' ? pictures > 0 : pictures === 1)) return;
  throw new RangeError(
    crop === 'auto'
      ? 'The option --crop auto is for pictures, and none is named.'
      : `The option --crop with a box is for one picture, not for ${counted(pictures, 'picture')}. Take --crop auto for several.`,
  );
}

/** Returns the query: pictures and items, like and unlike. @throws RangeError if there is none. */
export async function queryOf(paths: readonly string[], options: QueryOptions): Promise<Query> {
  const { item, not, notItem, notWeight, ownProduct, crop } = options;
  if (paths.length + item.length + not.length + notItem.length === 0)
    throw new RangeError('Name a picture, or an item of the collection with --item ID.');
  if (ownProduct === true && item.length + notItem.length === 0)
    throw new RangeError('The option --own-product is for a search by --item ID.');
  checkCrop(crop, paths.length + not.length);
  const like = [...(await pictureParts(paths, crop)), ...itemParts(item)];
  const unlike = [...(await pictureParts(not, crop, -notWeight)), ...itemParts(notItem, -notWeight)];
  const [first] = like;
  if (first === undefined || like.length + unlike.length > 1)
    return { parts: [...like, ...unlike], ownProduct };
  return 'itemId' in first ? { itemId: first.itemId, ownProduct } : first;
}

const boxOf = ({ left, top, width, height }: CropBox): string => [left, top, width, height].join(',');

/** Says which parts of the pictures were found and looked at. */
export function printCrops(answer: RetrieverAnswer, paths: readonly string[], not: readonly string[]): void {
  const { crop, crops = crop === undefined ? [] : [crop] } = answer;
  for (const [at, box] of crops.entries())
    if (box !== null) console.log(`looked at --crop ${boxOf(box)} of ${[...paths, ...not][at]}`);
}
