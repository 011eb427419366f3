import { checkWhole } from '../../arguments.ts';
import {
  bindingOf,
  compileFilter,
  decodeIdCursor,
  encodeIdCursor,
  type Filter,
  type IdsOptions,
  type Item,
  type ItemPage,
  type ListOptions,
  PageBudget,
} from '../../engine/index.ts';
import { canonical } from '../../text.ts';
import type { OpenCollection } from './collection.ts';
import { keyOf, textOfKey } from './names.ts';
import { itemOf, storedItemOf } from './stored-item.ts';
import { where } from './where.ts';

/** Items that one call deletes by a filter. */
const deletedAtOnce = 500;

/** Returns a page of items by id. @throws as `Engine.list`. */
export async function listItems(
  { record, items }: OpenCollection,
  { limit = 100, after, filter }: ListOptions,
): Promise<ItemPage> {
  checkWhole('limit', limit, { from: 1, to: 1000 });
  const seal = {
    key: Buffer.from(record.cursorKey, 'hex'),
    binding: bindingOf('list', JSON.stringify(filter ?? null)),
  };
  const last = after === undefined ? undefined : keyOf(decodeIdCursor(after, seal));
  const condition = filter && (await items.filterOf(compileFilter(filter, (key) => record.fields[key])));
  const read = await items.page({ after: last, filter: condition, limit: limit + 1 }, ['item', 'key']);
  const budget = new PageBudget();
  const page: Item[] = [];
  for (const properties of read) {
    const stored = storedItemOf(properties);
    if (page.length === limit || !budget.take({ ...stored, metadata: JSON.stringify(stored.metadata) }))
      break;
    page.push(itemOf(stored));
  }
  const end = page.at(-1);
  return {
    items: page,
    next: end !== undefined && page.length < read.length ? encodeIdCursor(seal, end.id) : null,
  };
}

/** Returns a page of ids by code points. @throws RangeError. */
export async function listIds(
  { items }: OpenCollection,
  { prefix = '', after, limit = 10_000 }: IdsOptions,
): Promise<string[]> {
  checkWhole('limit', limit, { from: 1, to: 10_000 });
  const filter = prefix === '' ? undefined : where('key', 'Like', `${keyOf(canonical(prefix))}*`);
  const page = await items.page({ after: after === undefined ? undefined : keyOf(after), filter, limit }, [
    'key',
  ]);
  return page.map(({ key }) => textOfKey(key));
}

/** Yields the ids that a filter lets through, page by page, until a search finds none any more. */
export async function* idsWhere(
  { record, items }: OpenCollection,
  filter: Filter,
): AsyncGenerator<string[], void> {
  const condition = await items.filterOf(compileFilter(filter, (key) => record.fields[key]));
  for (let after: string | undefined; ; ) {
    const page = await items.page({ after, filter: condition, limit: deletedAtOnce }, ['key']);
    if (page.length > 0) yield page.map(({ key }) => textOfKey(key));
    if (page.length < deletedAtOnce) return;
    after = page.at(-1)?.key;
  }
}
