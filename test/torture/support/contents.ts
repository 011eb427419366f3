import type { Engine, Item } from '../../../src/engine/index.ts';

/** Everything that a collection lists: id to label. */
export async function labelsOf(gallery: Engine, name: string): Promise<Map<string, string | null>> {
  const items: Item[] = [];
  for (let after: string | undefined, more = true; more; ) {
    const page = await gallery.list(name, { limit: 1000, after });
    items.push(...page.items);
    after = page.next ?? undefined;
    more = page.next !== null;
  }
  const labels = new Map(items.map(({ id, label }) => [id, label]));
  if (labels.size !== items.length) throw new Error(`${name} lists an item twice`);
  return labels;
}
