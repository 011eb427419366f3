// How long does it take to find the rows that a filter lets through, and to count the values of those, at 100,000 and a million
// items? The filters of filters.json over columns in memory, without SQLite and without a search.
import { cpus } from 'node:os';
import { compileFilter, type FacetField, type Filter, fieldOf } from '../src/engine/index.ts';
import { countFacet } from '../src/gallery/columns/count-facets.ts';
import { CountedRows } from '../src/gallery/columns/counted-rows.ts';
import { ItemColumns } from '../src/gallery/columns/item-columns.ts';
import { ItemRows } from '../src/gallery/memory/item-rows.ts';
import type { NamedItem } from '../src/gallery/storage/named-items.ts';
import listed from './filters.json' with { type: 'json' };
import { fieldsOf } from './peers/metadata.ts';
import { median } from './support/measure.ts';

const facets: readonly (FacetField & { readonly name: string })[] = [
  { name: 'brand', field: 'metadata.brand' },
  { name: 'tags (list)', field: 'metadata.tags' },
  { name: 'sku (all different)', field: 'metadata.sku' },
  { name: 'price, 8 ranges', field: 'metadata.price', ranges: 8 },
  { name: 'even, 10 ranges (all different)', field: 'metadata.even', ranges: 10 },
];

const itemOf = (sequence: number, rows: number): NamedItem => {
  const {
    productId = '',
    label = null,
    split = null,
    metadata = {},
    id,
  } = fieldsOf(sequence - 1, { rows, clusters: Math.ceil(rows / 100) });
  return { sequence, id, productId, label, split, metadata };
};

/** Runs work that is done in slices. */
function finish<T>(work: Generator<void, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** Median and maximum of milliseconds of processor time. */
function timesOf(rounds: number, work: () => unknown): string {
  work();
  const times = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return `${median(times).toFixed(2)} ms, at most ${Math.max(...times).toFixed(2)}`;
}

/** Columns over so many items, and the milliseconds that they took, without the time of the items themselves. */
function columnsOf(rows: number): { readonly columns: ItemColumns; readonly itemRows: ItemRows } {
  const itemRows = new ItemRows();
  itemRows.follow(
    Array.from({ length: rows }, (_, row) => row + 1),
    [],
  );
  const read = (after: number, limit: number): NamedItem[] =>
    Array.from({ length: Math.max(0, Math.min(limit, rows - after)) }, (_, i) => itemOf(after + i + 1, rows));
  return { columns: new ItemColumns(itemRows, read, []), itemRows };
}

function measure(rows: number, rounds: number): void {
  const { columns, itemRows } = columnsOf(rows);
  const names = [...facets.map(({ field }) => field), 'productId'];
  const compiled = listed.map(({ name, filter }) => ({
    name,
    filter: compileFilter(filter as Filter, () => undefined),
  }));
  const fields = new Map([
    ...compiled.flatMap(({ filter }) => [...filter.fields]),
    ...names.map((name) => [name, fieldOf(name)] as const),
  ]);
  const made = finish(columns.of(fields));
  const bytes = [...made]
    .map(([name, { byteLength }]) => `${name} ${(byteLength / rows).toFixed(1)}`)
    .join(', ');
  console.log(`  ${rows} items; bytes per item: ${bytes}`);
  for (const { name, filter } of compiled) {
    const share = finish(columns.matching(filter)).count() / rows;
    console.log(
      `    ${name.padEnd(24)} ${(100 * share).toFixed(2).padStart(6)} %  ${timesOf(rounds, () => finish(columns.matching(filter)))}`,
    );
  }
  const all = itemRows.table.living;
  const half = finish(columns.matching(compileFilter({ field: 'metadata.even', lt: 0.5 }, () => undefined)));
  const products = made.get('productId');
  for (const { name, ...field } of facets) {
    const column = made.get(field.field);
    if (column === undefined) continue;
    const count = (set: typeof all, product?: typeof products) => () =>
      countFacet(field, column, new CountedRows(set, product));
    console.log(
      `    ${name.padEnd(32)} items ${timesOf(rounds, count(all))}; products ${timesOf(rounds, count(all, products))}; products of half ${timesOf(rounds, count(half, products))}`,
    );
  }
}

export async function run(options: { readonly quick: boolean }): Promise<void> {
  console.log(
    `  ${cpus()[0]?.model}; milliseconds of processor time, because other work on the machine distorts any other`,
  );
  if (options.quick) return measure(2000, 3);
  measure(100_000, 15);
  measure(1_000_000, 7);
}
