import type { CollectionSettings, Filter, ItemInput } from '../../../src/engine/index.ts';
import type { Metric } from '../../../src/vectors/index.ts';

/** Numbers per vector. */
export const dimension = 4;
export const modelId: string = 'a'.repeat(64);

export const settings = (name: string, metric: Metric = 'cosine'): CollectionSettings => ({
  name,
  modelId,
  modelName: 'test',
  dimension,
  metric,
});

export const item = (id: string, vector: readonly number[], rest: Partial<ItemInput> = {}): ItemInput => ({
  id,
  vector: Float32Array.from(vector),
  imageHash: '',
  ...rest,
});

/** Probabilities from any numbers. */
export function softmax(numbers: readonly number[]): number[] {
  const powers = numbers.map((value) => Math.exp(3 * value));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((value) => value / sum);
}

/** Items with many ties: one in three is a copy of an earlier vector; the product `big` has a third of all. */
export function drawItems(count: number, random: () => number, areProbabilities = false): ItemInput[] {
  const vectors: number[][] = [];
  for (let i = 0; i < count; i += 1) {
    const numbers = Array.from({ length: dimension }, () => random() - 0.5);
    const copied = i % 3 === 2 ? vectors[Math.floor(random() * i)] : undefined;
    vectors.push(copied ?? (areProbabilities ? softmax(numbers) : numbers));
  }
  return vectors.map((vector, i) =>
    item(`item-${Math.floor(random() * 1e9)}-${i}`, vector, {
      productId: i % 3 === 0 ? 'big' : `p${i % 40}`,
      label: i % 2 === 0 ? 'even' : 'odd',
      ...(i % 4 === 0 && { split: 'query' as const }),
      metadata: {
        price: i % 100,
        tags: [`t${i % 7}`, 'all'],
        category: i % 2 === 0 ? `home/kitchen/c${i % 5}` : `home/garden/c${i % 5}`,
        ...(i % 5 === 0 && { rare: i % 10 === 0 }),
      },
    }),
  );
}

/** Filters of every operator. */
export const filters: readonly Filter[] = [
  { field: 'metadata.price', gte: 10, lt: 20 },
  { field: 'metadata.price', gt: 97 },
  { field: 'metadata.price', equals: 7 },
  { field: 'metadata.price', in: [1, 2, '3', 1000] },
  { field: 'metadata.tags', equals: 't3' },
  { field: 'metadata.rare', exists: true },
  { field: 'metadata.rare', equals: false },
  { field: 'metadata.category', prefix: 'home/kitchen/' },
  { field: 'metadata.tags', prefix: 't' },
  { field: 'label', equals: 'odd' },
  { field: 'split', exists: false },
  { field: 'productId', in: ['big', 'p1', 'none'] },
  { field: 'id', equals: 'none' },
  { and: [{ field: 'label', equals: 'even' }, { not: { field: 'metadata.price', lt: 50 } }] },
  {
    or: [
      { field: 'metadata.rare', equals: true },
      {
        and: [
          { field: 'metadata.price', lte: 3 },
          { field: 'split', equals: 'query' },
        ],
      },
    ],
  },
  { not: { field: 'metadata.rare', equals: true } },
  { and: [] },
  { or: [] },
];

const plain = [1, 0, 0, 0];

/** Items that no engine stores, with the code of the refusal. */
export const badItems: readonly (readonly [string, ItemInput])[] = [
  ...['../x', '', 'a\u0000b', '/etc/passwd', 'a\\b', '\ud800'].map(
    (id) => ['id-invalid', item(id, plain)] as const,
  ),
  ['dimension-mismatch', item('x', [1, 0])],
  ['vector-invalid', item('x', [1, 0, Number.NaN, 0])],
  ['vector-invalid', item('x', [1, 0, Number.POSITIVE_INFINITY, 0])],
  ['item-invalid', item('x', plain, { imageHash: 'abc' })],
  ['item-invalid', item('x', plain, { productId: '' })],
  ['item-invalid', item('x', plain, { label: '\u0000' })],
  ['item-invalid', item('x', plain, { metadata: { big: 'x'.repeat(70_000) } })],
  ['item-invalid', item('x', plain, { metadata: { price: Number.NaN } })],
];
