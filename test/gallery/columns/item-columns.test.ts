import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldOf } from '../../../src/engine/index.ts';
import { ItemColumns } from '../../../src/gallery/columns/item-columns.ts';
import { ItemRows } from '../../../src/gallery/memory/item-rows.ts';
import type { NamedItem } from '../../../src/gallery/storage/named-items.ts';
import type { Written } from '../../../src/gallery/storage/write-transaction.ts';

const keys = ['title', 'sku', 'brand'] as const;
const items = Array.from({ length: 600 }, (_, i): NamedItem => {
  const metadata = { title: `${i} ${'t'.repeat(200)}`, sku: `sku ${i}`, brand: `brand ${i % 7}` };
  return { sequence: i + 1, id: `${i}`, productId: `${i}`, label: null, split: 'gallery', metadata };
});

/** Makes columns, of which `walks` counts how often all items were read. */
function columnsOf(foreseenBytes?: number): { columns: ItemColumns; walks: () => number } {
  const rows = new ItemRows();
  rows.follow(
    items.map(({ sequence }) => sequence),
    [],
  );
  let walks = 0;
  const read = (after: number, limit: number): NamedItem[] => {
    if (after === 0) walks += 1;
    return items.slice(after, after + limit);
  };
  return { columns: new ItemColumns(rows, read, keys, foreseenBytes), walks: () => walks };
}

/** Asks for a field; returns the value of the last row. */
function lastOf(columns: ItemColumns, key: string): unknown {
  const name = `metadata.${key}`;
  const work = columns.of(new Map([[name, fieldOf(name)]]));
  for (;;) {
    const { done, value } = work.next();
    if (done !== true) continue;
    const column = value.get(name);
    return column?.dictionary.valueAt(column.codeAt(items.length - 1) as number);
  }
}

test('the first use of a field makes the columns of all, in one walk over the items', () => {
  const { columns, walks } = columnsOf();
  for (const key of keys) assert.equal(lastOf(columns, key), items.at(-1)?.metadata[key]);
  assert.equal(walks(), 1);
  assert.equal(columns.isBehind, false);
});

test('where the values of foreseen fields are too many, the largest wait until they are named', () => {
  const { columns, walks } = columnsOf(100_000);
  while (columns.isBehind) columns.work();
  for (const key of ['sku', 'brand']) assert.equal(lastOf(columns, key), items.at(-1)?.metadata[key]);
  assert.equal(walks(), 1);
  assert.equal(lastOf(columns, 'title'), items.at(-1)?.metadata['title']);
  assert.equal(walks(), 2);
});

test('a column that is worn out, and whose values are too many by now, ends the work and not never', () => {
  const { columns } = columnsOf(200_000);
  while (columns.isBehind) columns.work();
  // The build reads `brand` as it was; what is written while it goes on is long.
  const rewrite = (value: (i: number) => string): void => {
    const updated = items.map((item, i) => ({ ...item, metadata: { ...item.metadata, brand: value(i) } }));
    columns.follow({ items: [], updated, removed: [], widened: [] } as unknown as Written);
  };
  for (let round = 0; round < 8; round += 1) rewrite((i) => `brand ${round} ${i}`);
  assert.equal(columns.isBehind, true);
  columns.work();
  rewrite((i) => `${'long '.repeat(100)}${i}`);
  let slices = 0;
  for (; columns.isBehind && slices < 100; slices += 1) columns.work();
  assert.ok(slices < 100);
});
