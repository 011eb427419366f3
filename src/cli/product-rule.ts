import type { Dataset, Sample } from '../datasets/index.ts';
import { SnapshelfError } from '../errors.ts';
import type { Item } from '../gallery/index.ts';

/** The values of `--product`. */
export const productChoices = ['file', 'folder', 'column'] as const;

/** The maker of an item's product: its own file, its folder (its label), or the source's column `productId`. */
export type ProductChoice = (typeof productChoices)[number];

/** The rule of an import, and the sentence that tells it. */
export interface ProductRule {
  readonly choice: ProductChoice;
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

/**
 * Decides what makes products: what was asked for; else as the collection has it by folder; else the source's column; else
 * each picture is its own product, because a folder says nothing about products.
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
  const byFolder = items.length > 0 && items.every(isByFolder);
  const choice = asked ?? (byFolder ? 'folder' : isStated ? 'column' : 'file');
  const why = asked === undefined && byFolder ? ', as the collection has it' : '';
  const others = productChoices.filter((other) => other !== choice && (other !== 'column' || isStated));
  const hint = asked === undefined ? ` (or --product ${others.join(' or ')})` : '';
  return { choice, told: `products: ${meanings[choice]}${why}${hint}` };
}

/** Returns the sample with its product and with the prefix before its id. A product that the source states has no prefix. */
export function withIdentity(sample: Sample, { choice }: ProductRule, prefix: string): Sample {
  const { id, label, productId } = sample;
  const folder = `${prefix}${label}`;
  const product = { file: undefined, folder, column: productId }[choice];
  return { ...sample, id: `${prefix}${id}`, productId: product };
}
