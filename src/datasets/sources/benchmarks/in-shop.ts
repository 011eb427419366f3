import { shown } from '../../../json/index.ts';
import { invalidSource } from '../invalid-source.ts';
import { type Listed, readLines } from './listing.ts';

const splits = ['train', 'query', 'gallery'] as const;

/**
 * Lists In-Shop Clothes Retrieval: a training split, and queries against a gallery.
 *
 * @throws SnapshelfError `source-invalid` if the listing is malformed
 */
export async function listInShop(listing: string): Promise<Listed[]> {
  const lines = await readLines(listing, 2, 3);
  return lines.map(([id = '', label = '', status = ''], at) => {
    const split = splits.find((one) => one === status);
    if (split === undefined)
      throw invalidSource(
        `${listing}, line ${at + 3}: ${shown(status)} must be one of ${splits.join(', ')}.`,
      );
    return { id, label, split };
  });
}
