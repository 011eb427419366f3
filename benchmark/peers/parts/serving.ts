import { spawnSync } from 'node:child_process';
import type { FacetField, Filter } from '../../../src/engine/index.ts';
import listed from '../../filters.json' with { type: 'json' };
import { type Bench, withCollection } from '../bench.ts';
import { type Collection, k, recallOf, timesOf } from '../collection.ts';
import { type Correlation, filterOf } from '../metadata.ts';
import type { Part } from '../results.ts';

const shares = [0.002, 0.01, 0.05, 0.2, 0.5, 0.9];
const correlations: readonly Correlation[] = ['independent', 'correlated', 'anti-correlated'];

/** The first, the second and the tenth page, of the index and exact, and the first one by product. */
export function pages(bench: Bench): Promise<Part<'pages'>> {
  return withCollection(bench, async (collection) => {
    await collection.search({});
    const of = async (exact: boolean) => {
      const found = await collection.pages(10, { exact });
      const times = (page: number) => timesOf(found[page]?.ms ?? []);
      return { first: times(0), second: times(1), tenth: times(9) };
    };
    const grouped = timesOf((await collection.search({ group: 'product' })).ms);
    return { index: await of(false), exact: await of(true), grouped };
  });
}

const facetFields: readonly { readonly name: string; readonly fields: readonly FacetField[] }[] = [
  { name: 'brand (500 values)', fields: [{ field: 'metadata.brand' }] },
  { name: 'tags (a list)', fields: [{ field: 'metadata.tags' }] },
  { name: 'sku (all different)', fields: [{ field: 'metadata.sku' }] },
  { name: 'price, 8 ranges', fields: [{ field: 'metadata.price', ranges: 8 }] },
  { name: 'numbers, all different', fields: [{ field: 'metadata.even' }] },
  {
    name: 'four fields at once',
    fields: ['brand', 'category', 'inStock', 'tags'].map((name) => ({ field: `metadata.${name}` })),
  },
];
const half: Filter = { field: 'metadata.even', lt: 0.5 };

/** Counts of values, of products and of items, of all and of what a filter lets through. */
export function facets(bench: Bench): Promise<Part<'facets'>> {
  return withCollection(bench, async (collection) => {
    // The first use of all, beside the reading of vectors. That is over after an exact search: until then each request waits for a slice of it.
    const opened = await collection.ask<{ first: number }>('facets', { fields: facetFields[0]?.fields });
    await collection.search({ exact: true });
    const results: Part<'facets'> = [];
    for (const { name, fields } of facetFields)
      for (const group of ['product', 'item'] as const)
        for (const filter of [undefined, half]) {
          const options = { fields, group, filter };
          const { ms, first } = await collection.ask<{ ms: number[]; first: number }>('facets', options);
          const of = `${group}s${filter === undefined ? '' : ' of half'}`;
          results.push({
            name: `${name}, ${of}`,
            first: results.length === 0 ? opened.first : first,
            ...timesOf(ms),
          });
        }
    return results;
  });
}

/** The filters of filters.json, and searches under filters of each selectivity, independent of the query and not. */
export function filters(bench: Bench): Promise<Part<'filters'>> {
  return withCollection(bench, async (collection) => {
    // The columns of fields are made when they are first asked for, which each listed filter tells.
    const listedTimes = await listedFilters(collection);
    const searched: Part<'filters'>['searched'] = [];
    for (const correlation of correlations)
      for (const share of shares) {
        const of = Array.from({ length: bench.set.queries }, (_, i) =>
          filterOf(share, correlation, i, bench.set),
        );
        const exact = await collection.search({ filters: of, exact: true });
        const found = await collection.search({ filters: of });
        const exactShare = (found.kinds?.['exact'] ?? 0) / bench.set.queries;
        searched.push({
          share,
          correlation,
          ...timesOf(found.ms),
          recall: recallOf(found, exact),
          exactShare,
        });
      }
    return { listed: listedTimes, searched };
  });
}

async function listedFilters(collection: Collection): Promise<Part<'filters'>['listed']> {
  const results: Part<'filters'>['listed'] = [];
  const items = (await collection.search({})).total ?? 0;
  for (const { name, filter } of listed) {
    const { filterMs = [], total = 0 } = await collection.search({ filters: [filter] });
    const [first = 0, ...later] = filterMs;
    results.push({ name, share: total / items, first, ...timesOf(later) });
  }
  return results;
}

const kinds = ['index', 'exact'] as const;
const mostAtOnce = 4;

/** Searches of several callers at once, and as many in a process that is held to one core (where `taskset` is: Linux). */
export async function throughput(bench: Bench): Promise<Part<'throughput'>> {
  const rates = (oneCore: boolean, numbers: readonly number[]): Promise<Part<'throughput'>> =>
    withCollection(
      bench,
      async (collection) => {
        const results: Part<'throughput'> = [];
        await collection.search({});
        for (const kind of kinds)
          for (const atOnce of numbers) {
            const task = { k, exact: kind === 'exact', atOnce, seconds: bench.seconds / 4 };
            const { perSecond } = await collection.ask<{ perSecond: number }>('throughput', task);
            results.push({ kind, atOnce, perSecond, ...(oneCore ? { cores: 1 } : {}) });
          }
        return results;
      },
      { oneCore },
    );
  const all = await rates(false, [1, 2, mostAtOnce]);
  const hasTaskset = spawnSync('taskset', ['--version']).status === 0;
  return hasTaskset ? [...all, ...(await rates(true, [1, mostAtOnce]))] : all;
}
