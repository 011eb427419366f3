import { join } from 'node:path';
import { shown } from '../../../json/index.ts';
import { invalidSource } from '../invalid-source.ts';
import { type Listed, readLines } from './listing.ts';

function wholeNumber(root: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw invalidSource(`A super class in ${root} must be a whole number, not ${shown(text)}.`);
}

/**
 * Lists Stanford Online Products, with its own two halves of the products.
 *
 * @throws SnapshelfError `source-invalid` if a listing is malformed
 */
export async function listSop(root: string): Promise<Listed[]> {
  const half = async (file: string, split: 'train' | 'test'): Promise<Listed[]> =>
    (await readLines(join(root, file), 1, 4)).map(([, label = '', superClass = '', id = '']) => ({
      id,
      label,
      split,
      metadata: { superClass: wholeNumber(root, superClass) },
    }));
  return [...(await half('Ebay_train.txt', 'train')), ...(await half('Ebay_test.txt', 'test'))];
}
