import type { Dataset, Sample } from '../datasets/index.ts';
import type { CollectionInfo, Item } from '../engine/index.ts';
import { SnapshelfError } from '../errors.ts';
import type { ImportSample, Retriever } from '../retrieval/index.ts';

/** The values of `--product`. */
export const productChoices = ['file', 'folder', 'column'] as const;

/** The maker of an item's product: its own file, its folder (its label), or the source's column `productId`. */
export type ProductChoice = (typeof productChoices)[number];

/** The rule of an import, and the sentence that tells it. */
export interface ProductRule {
  readonly choice: ProductChoice;
  /** False if nobody asked for it: then it holds for new items only. */
  readonly isAsked: boolean;
  readonly told: string;
}

/** True if an item's product is its label, as an earlier version made it, and as `--product folder` does. */
function isByFolder({ id, productId, label }: Item): boolean {
  if (label === null || productId === id || !productId.endsWith(label)) return false;
  return id.startsWith(productId.slice(0, productId.length - label.length));
}

const meanings: Readonly<Record<ProductChoice, string>> = {
  file: 'each picture is a product of its own',
  folder: 'the pictures of one folder (of one label) are one product',
  column: "as the source's productId says, else each picture its own",
};

/** The items that a rule is judged on. */
const mostItems = 100;
const idsAtOnce = 256;

/** Returns some items that the collection has of these ids, else some others of it: those of an earlier source. */
export async function itemsOf(
  { gallery }: Retriever,
  info: CollectionInfo | undefined,
  ids: readonly string[],
): Promise<Item[]> {
  if (info === undefined) return [];
  const { name } = info;
  const there: string[] = [];
  for (let start = 0; start < ids.length && there.length < mostItems; start += idsAtOnce) {
    const some = ids.slice(start, start + idsAtOnce);
    there.push(...(await gallery.hashes(name, some)).keys());
  }
  if (there.length === 0) return (await gallery.list(name, { limit: mostItems })).items;
  return await Promise.all(there.slice(0, mostItems).map((id) => gallery.get(name, id)));
}

/**
 * Decides what makes products: what was asked for; else as most of the items have it by folder; else the source's column; else
 * each picture is its own product, because a folder says nothing about products. Unasked, an item that is there keeps its
 * product unless the source states another.
 * @param items some items that the collection has
 * @throws SnapshelfError `source-invalid` if a column is asked for that the source does not have.
 */
export function productRule(
  asked: ProductChoice | undefined,
  { source, samples }: Dataset,
  items: readonly Item[],
): ProductRule {
  const isStated = samples.some(({ productId }) => productId !== undefined);
  if (asked === 'column' && !isStated)
    throw new SnapshelfError(
      'source-invalid',
      `${source} says nothing about products: only a manifest with a column productId does. Take file or folder.`,
    );
  const byFolder = items.filter(isByFolder).length > items.length / 2;
  const choice = asked ?? (byFolder ? 'folder' : isStated ? 'column' : 'file');
  const isAsked = asked !== undefined;
  const why =
    isAsked || !byFolder
      ? ''
      : `${isStated ? ' unless the source says otherwise' : ''}, as the collection has it`;
  const kept =
    isAsked || items.length === 0 || choice === 'column' ? '' : '; items that are there keep theirs';
  const others = productChoices.filter((other) => other !== choice && (other !== 'column' || isStated));
  const hint = !isAsked ? ` (or --product ${others.join(' or ')})` : '';
  return { choice, isAsked, told: `products: ${meanings[choice]}${why}${kept}${hint}` };
}

/** Returns the sample with its product and with the prefix before its id. A product that the source states has no prefix. */
export function withIdentity(sample: Sample, { choice, isAsked }: ProductRule, prefix: string): ImportSample {
  const { label, productId: stated } = sample;
  const id = `${prefix}${sample.id}`;
  if (choice === 'column') return { ...sample, id, productId: stated ?? id };
  const product = choice === 'folder' ? `${prefix}${label}` : id;
  return { ...sample, id, productId: isAsked ? product : stated, newProductId: product };
}
