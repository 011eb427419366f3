import type { Filter, ItemInput, Json } from '../../../src/engine/index.ts';
import type { Metric } from '../../../src/vectors/index.ts';

/** An item that is to be found, with its distance. */
export interface Expected {
  readonly id: string;
  readonly productId: string;
  readonly distance: number;
}

/** The distance by its definition, in float64. */
function distanceOf(metric: Metric, a: Float32Array, b: Float32Array): number {
  const pairs = Array.from(a, (value, i) => [value, b[i] as number] as const);
  const sum = (term: (x: number, y: number) => number): number =>
    pairs.reduce((total, [x, y]) => total + term(x, y), 0);
  if (metric === 'l2') return Math.sqrt(sum((x, y) => (x - y) ** 2));
  if (metric === 'cosine') {
    const norms = Math.sqrt(sum((x) => x * x)) * Math.sqrt(sum((_, y) => y * y));
    return norms === 0 ? 1 : Math.max(0, 1 - sum((x, y) => x * y) / norms);
  }
  if (metric === 'weak') return -sum((x, y) => Math.log(1 - Math.abs(x - y)));
  const [a1, b1, power] = [1, 0.8, 0.5];
  const logs = sum((x, y) => Math.log(a1 - b1 * Math.abs(x - y) ** power));
  return (-logs + a.length * Math.log(a1)) / power;
}

/** Sorts everything by distance, then by id, and of each product keeps the first. */
export function expectedOrder(
  items: readonly ItemInput[],
  query: Float32Array,
  metric: Metric,
  { group = 'product', filter }: { readonly group?: 'product' | 'item'; readonly filter?: Filter } = {},
): Expected[] {
  const order = items
    .filter((item) => filter === undefined || passes(item, filter))
    .map(({ id, productId = id, vector }) => ({ id, productId, distance: distanceOf(metric, query, vector) }))
    .sort((a, b) => a.distance - b.distance || (a.id < b.id ? -1 : 1));
  const seen = new Set<string>();
  return order.filter(({ productId }) => group === 'item' || (!seen.has(productId) && seen.add(productId)));
}

function fieldOf(item: ItemInput, field: string): Json | undefined {
  if (field.startsWith('metadata.')) return item.metadata?.[field.slice('metadata.'.length)];
  const own = { id: item.id, productId: item.productId ?? item.id, label: item.label, split: item.split };
  return own[field as keyof typeof own];
}

const isSame = (value: Json, wanted: Json): boolean =>
  value === wanted || (wanted !== null && typeof wanted !== 'object' && String(value) === String(wanted));

const matches = (value: Json | undefined, wanted: Json): boolean =>
  value !== undefined &&
  (Array.isArray(value) ? value.some((one) => isSame(one, wanted)) : isSame(value, wanted));

/** Tells whether an item passes a filter, for fields of one type each. */
export function passes(item: ItemInput, filter: Filter): boolean {
  if ('and' in filter) return filter.and.every((part) => passes(item, part));
  if ('or' in filter) return filter.or.some((part) => passes(item, part));
  if ('not' in filter) return !passes(item, filter.not);
  const value = fieldOf(item, filter.field);
  if ('equals' in filter) return matches(value, filter.equals);
  if ('in' in filter) return filter.in.some((wanted) => matches(value, wanted));
  if ('prefix' in filter) {
    const texts = Array.isArray(value) ? value : [value];
    return texts.some((one) => typeof one === 'string' && one.startsWith(filter.prefix));
  }
  if ('exists' in filter) return (value !== undefined && value !== null) === filter.exists;
  const { gte, gt, lte, lt } = filter as { gte?: number; gt?: number; lte?: number; lt?: number };
  if (typeof value !== 'number') return false;
  return !(
    value < (gte ?? value) ||
    value <= (gt ?? value - 1) ||
    value > (lte ?? value) ||
    value >= (lt ?? value + 1)
  );
}
