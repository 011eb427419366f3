import { join } from 'node:path';
import { type Listed, readLines } from './listing.ts';

/** Stanford Online Products: its own two halves of the products. */
export async function listSop(root: string): Promise<Listed[]> {
  const half = async (file: string, split: 'train' | 'test'): Promise<Listed[]> =>
    (await readLines(join(root, file), 1, 4)).map(([, label = '', superClass = '', id = '']) => ({
      id,
      label,
      split,
      metadata: { superClass: Number(superClass) },
    }));
  return [...(await half('Ebay_train.txt', 'train')), ...(await half('Ebay_test.txt', 'test'))];
}
