import { shown } from '../../json/index.ts';
import { invalidSource } from '../invalid-source.ts';
import { type Listed, readLines } from './listing.ts';

const splits = ['train', 'query', 'gallery'] as const;

/** In-Shop Clothes Retrieval: train, and queries against a gallery of other items. */
export async function listInShop(listing: string): Promise<Listed[]> {
  const lines = await readLines(listing, 2, 3);
  return lines.map(([id = '', label = '', status = ''], at) => {
    const split = splits.find((one) => one === status);
    if (split === undefined)
      throw invalidSource(
        `${listing}, line ${at + 3}: the status must be one of ${splits.join(', ')}, not ${shown(status)}`,
      );
    return { id, label, split };
  });
}
