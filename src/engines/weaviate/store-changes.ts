import type { WrittenFields } from '../../engine/index.ts';
import { eachOf } from '../each-of.ts';
import type { OpenCollection } from './collection.ts';
import type { WholeItem } from './item-class.ts';
import { storedItemOf } from './stored-item.ts';
import { existsTerm } from './terms.ts';
import { where } from './where.ts';

/** Items that one round of changing many reads. */
const pageItems = 200;

/** Writes items. What the next model made of them before is dropped, to be made again. */
export async function storeChanges(
  { items, next }: OpenCollection,
  changed: readonly WholeItem[],
): Promise<void> {
  await items.write(changed);
  await next?.remove(changed.map(({ item }) => item.id));
}

/** Makes the values of fields that became text so in every item that is stored. */
export async function widenStored(collection: OpenCollection, fields: WrittenFields): Promise<void> {
  const { items } = collection;
  const names = fields.widened.map(({ field }) => existsTerm(`metadata.${field}`));
  const filter = where('terms', 'ContainsAny', names);
  for (let after: string | undefined; ; ) {
    const page = await items.page({ after, filter, limit: pageItems }, ['item', 'key']);
    const found = await eachOf(page, ({ item }) => items.findWhole(storedItemOf({ item }).id));
    await storeChanges(
      collection,
      found
        .filter((whole) => whole !== undefined)
        .map(({ item, vector }) => ({ item: { ...item, metadata: fields.widen(item.metadata) }, vector })),
    );
    after = page.at(-1)?.key;
    if (page.length < pageItems) return;
  }
}
